#!lua flags=allow-oom
-- Takes jobs from the head of the queue and adds each to the counters once.
--
-- A job is checked as a whole before anything of it is written, so that it counts completely or not at all: its form, the
-- types of the keys it touches, and that no sum leaves the range. Then its dedup key is claimed (SET NX), and only a job
-- whose id is new is added: to sums that are read once and written once for all jobs of a run. Whatever is wrong with a
-- job goes to the dead list with the reason: no increment, no dedup key. When the pipeline's own keys are unusable, the
-- job stays at the head of the queue and nothing is lost. The queue is trimmed last, by what was dealt with.
--
-- An id is remembered for a limited time. A job may lie in the queue twice; had no worker run for that long between the
-- two, the second would count again. So the script notes when it last took a job and how young the youngest was (job ids
-- are UUIDs of version 7 and tell): after such a gap, a job no younger than that is in doubt, and goes to the dead list.
--
-- allow-oom: at maxmemory Redis would refuse even a script that drains it.
--
-- KEYS  1 queue, 2 labels, 3 dead, 4 dead total, 5 progress
-- ARGV  1 counter key prefix, 2 dedup key prefix, 3 dedup TTL (s), 4 jobs at most, 5 pairs at most (checked after each
--       job), 6 bytes of a job at most, 7 views of a pair at most, 8 dead jobs kept, 9 bytes kept of an oversized one
-- Returns { jobs taken, counted, duplicate, dead, views added, why it stopped early or '' }

local queue, labels, dead, dead_total, progress = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local counter_prefix, dedup_prefix, dedup_ttl = ARGV[1], ARGV[2], tonumber(ARGV[3])
local jobs_max, pairs_max, job_bytes_max = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local views_max, dead_max, dead_bytes_max = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])

local LABEL_BYTES_MAX = 100
local LABEL = '^[a-z][a-z0-9]*%.[a-z][a-z0-9_]*$'
local JOB_ID = '^[%w-]+$'
local JOB_ID_BYTES_MAX = 64
local ID = '^[1-9]%d*$'
local ID_MAX = '9223372036854775807'
local SUM_MAX = 9007199254740991
-- unpack() takes a few thousand values; more fields go in several calls.
local FIELDS_MAX = 1000
-- A gap is taken for too long this much before ids are forgotten, in ms.
local GAP_MARGIN = 120000
local IN_DOUBT = 'may have been counted: no worker ran for as long as ids are remembered'

local function is_usable(key, kind)
  local found = redis.call('TYPE', key).ok
  return found == kind or found == 'none'
end

local function check_ids(ids)
  if type(ids) ~= 'table' then return 'views of a label are no object' end
  local size = 0
  for id, n in pairs(ids) do
    if type(id) ~= 'string' or not id:find(ID) or #id > #ID_MAX or (#id == #ID_MAX and id > ID_MAX) then
      return 'an id is not a whole number from 1 to 2^63-1'
    end
    if type(n) ~= 'number' or n < 1 or n > views_max or n ~= math.floor(n) then
      return 'a number of views is not from 1 to ' .. views_max
    end
    size = size + 1
  end
  if size == 0 then return 'a label without views' end
  return nil, size
end

-- What a job's text says, or why it cannot be applied whatever Redis holds.
local function read(text)
  if #text > job_bytes_max then return nil, 'larger than ' .. job_bytes_max .. ' bytes' end
  local is_json, job = pcall(cjson.decode, text)
  if not is_json or type(job) ~= 'table' then return nil, 'no JSON object' end
  if job.v ~= 1 then return nil, 'a version of the format this worker does not know' end
  if type(job.id) ~= 'string' or #job.id > JOB_ID_BYTES_MAX or not job.id:find(JOB_ID) then return nil, 'no usable job id' end
  if type(job.views) ~= 'table' then return nil, 'no views' end
  local size = 0
  for label, ids in pairs(job.views) do
    if type(label) ~= 'string' or #label > LABEL_BYTES_MAX or not label:find(LABEL) then return nil, 'a malformed label' end
    local problem, pairs_of_label = check_ids(ids)
    if problem then return nil, problem end
    size = size + pairs_of_label
  end
  if size == 0 then return nil, 'no views' end
  job.size = size
  local high, low = job.id:match('^(%x%x%x%x%x%x%x%x)%-(%x%x%x%x)%-7')
  job.made = high and tonumber(high .. low, 16)
  return job
end

-- Label → what its counter hash holds, as far as the jobs of this run need it: `values` id → number of views, `wanted`
-- and `changed` lists of ids.
local hashes = {}

local function want(views)
  for label, ids in pairs(views) do
    local hash = hashes[label]
    if not hash then
      local key = counter_prefix .. label
      hash = { key = key, is_hash = is_usable(key, 'hash'), values = {}, wanted = {}, changed = {}, is_changed = {} }
      hashes[label] = hash
    end
    for id in pairs(ids) do
      if not hash.values[id] then
        hash.values[id] = 0
        hash.wanted[#hash.wanted + 1] = id
      end
    end
  end
end

-- A list in pieces that unpack() can take.
local function in_pieces(list, work)
  for first = 1, #list, FIELDS_MAX do
    work(first, math.min(first + FIELDS_MAX - 1, #list))
  end
end

local function load(hash)
  in_pieces(hash.wanted, function(first, last)
    for place, value in ipairs(redis.call('HMGET', hash.key, unpack(hash.wanted, first, last))) do
      -- What is no number has no room for any.
      local is_number = not value or (#value <= 16 and value:find('^%d+$'))
      hash.values[hash.wanted[first + place - 1]] = is_number and tonumber(value or 0) or math.huge
    end
  end)
end

local function check_counters(views)
  for label, ids in pairs(views) do
    local hash = hashes[label]
    if not hash.is_hash then return 'the counters of ' .. label .. ' are not a hash' end
    for id, n in pairs(ids) do
      if hash.values[id] + n > SUM_MAX then return 'counter ' .. id .. ' is full or no number' end
    end
  end
end

local views_added = 0

local function add(views)
  for label, ids in pairs(views) do
    local hash = hashes[label]
    for id, n in pairs(ids) do
      hash.values[id] = hash.values[id] + n
      views_added = views_added + n
      if not hash.is_changed[id] then
        hash.is_changed[id] = true
        hash.changed[#hash.changed + 1] = id
      end
    end
  end
end

local stored_any = false

-- What Redis says against storing a label's sums; nil when they are stored.
local function store(hash)
  local failure
  in_pieces(hash.changed, function(first, last)
    if failure then return end
    local fields = {}
    for place = first, last do
      local id = hash.changed[place]
      fields[#fields + 1] = id
      fields[#fields + 1] = string.format('%.0f', hash.values[id])
    end
    local reply = redis.pcall('HSET', hash.key, unpack(fields))
    if type(reply) == 'table' and reply.err then failure = reply.err else stored_any = true end
  end)
  return failure
end

local function list_label(label)
  local reply = redis.pcall('SADD', labels, label)
  return type(reply) == 'table' and reply.err or nil
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Whether INCR would take it: an error after the first claim would end the script before the sums are stored.
local function can_count_on(key)
  local value = redis.call('GET', key)
  return not value or value == '0' or (#value <= 16 and value:find('^[1-9]%d*$') ~= nil)
end

local function bury(text, reason)
  local is_cut = #text > job_bytes_max
  local entry = { at = now, reason = reason, cut = is_cut }
  entry.job = is_cut and text:sub(1, dead_bytes_max) or text
  redis.call('LPUSH', dead, cjson.encode(entry))
  redis.call('LTRIM', dead, 0, dead_max - 1)
  redis.call('INCR', dead_total)
end

if not is_usable(labels, 'set') then return { 0, 0, 0, 0, 0, labels .. ' is not a set' } end
if not is_usable(progress, 'hash') then return { 0, 0, 0, 0, 0, progress .. ' is not a hash' } end

local texts = redis.call('LRANGE', queue, 0, jobs_max - 1)
if #texts == 0 then return { 0, 0, 0, 0, 0, '' } end

local known = redis.call('HMGET', progress, 'at', 'youngest', 'doubt')
local at, youngest, doubt = tonumber(known[1]) or now, tonumber(known[2]) or 0, tonumber(known[3]) or 0
if now - at >= dedup_ttl * 1000 - GAP_MARGIN then doubt = youngest end

local jobs, reasons, read_jobs, size = {}, {}, 0, 0
for place, text in ipairs(texts) do
  jobs[place], reasons[place] = read(text)
  read_jobs = place
  if jobs[place] then
    want(jobs[place].views)
    size = size + jobs[place].size
    if size >= pairs_max then break end
  end
end
for _, hash in pairs(hashes) do
  if hash.is_hash then load(hash) end
end

local taken, counted, duplicate, buried = 0, 0, 0, 0
local claims = {}
local stopped = ''
for place = 1, read_jobs do
  local job, reason = jobs[place], reasons[place]
  if job then
    local claim = dedup_prefix .. job.id
    if redis.call('SET', claim, '1', 'NX', 'EX', dedup_ttl) then
      reason = job.made and job.made <= doubt and IN_DOUBT or check_counters(job.views)
      if reason then
        redis.call('DEL', claim)
      else
        add(job.views)
        claims[#claims + 1] = claim
        counted = counted + 1
      end
    else
      duplicate = duplicate + 1
    end
    youngest = math.max(youngest, math.min(job.made or 0, now))
  end
  if reason then
    if not is_usable(dead, 'list') or not is_usable(dead_total, 'string') or not can_count_on(dead_total) then
      stopped = dead .. ' is not a list, or its total no number'
      break
    end
    bury(texts[place], reason)
    buried = buried + 1
  end
  taken = taken + 1
end

if taken > 0 then
  local failure
  for label, hash in pairs(hashes) do
    if #hash.changed > 0 then failure = failure or list_label(label) end
  end
  for _, hash in pairs(hashes) do failure = failure or store(hash) end
  -- Redis refuses a command (permissions): the jobs stay, unclaimed, as if nothing had been tried.
  if failure and not stored_any then
    for _, claim in ipairs(claims) do redis.call('DEL', claim) end
    return { 0, 0, 0, 0, 0, failure }
  end
  stopped = failure or stopped
  redis.call('LTRIM', queue, taken, -1)
  redis.call('HSET', progress, 'at', now, 'youngest', youngest, 'doubt', doubt)
end
return { taken, counted, duplicate, buried, views_added, stopped }
