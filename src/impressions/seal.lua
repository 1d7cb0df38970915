#!lua flags=allow-oom
-- Makes a label's counters an immutable, numbered batch, or returns the one that is sealed already.
--
--   entry in `flushing` | sealed hash | what happens
--   --------------------+-------------+-----------------------------------------------------------------
--   yes                 | yes         | the same batch again; its tries are counted, which also is the write that the
--                       |             | gate (gate.ts) waits for
--   yes                 | no          | the batch was applied and half cleared, or lost: the ledger tells which
--   no                  | yes         | adopted under a new entry
--   no                  | no          | the counter hash, if there is one, is renamed: from now on nothing adds to it
--
-- KEYS  1 counter hash, 2 sealed hash, 3 flushing, 4 seq, 5 source
-- ARGV  1 label, 2 id for a new batch, 3 id for a new source
-- Returns { 'nothing' | 'sealed' | 'resumed' | 'adopted' | 'missing', source, batch id, seq, sealed at (ms), size, tries }

local counter, sealed, flushing, seqs, sources = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local label, new_batch, new_source = ARGV[1], ARGV[2], ARGV[3]

local function kind_of(key)
  local kind = redis.call('TYPE', key).ok
  if kind ~= 'none' and kind ~= 'hash' then error({ err = 'WRONGTYPE ' .. key .. ' is a ' .. kind .. ', not a hash' }) end
  return kind
end

local has_counters, is_sealed = kind_of(counter) == 'hash', kind_of(sealed) == 'hash'
redis.call('SET', sources, new_source, 'NX')
local source = redis.call('GET', sources)

local entry = redis.call('HGET', flushing, label)
if entry then
  local batch, seq, at, size, tries = entry:match('^([^|]+)|(%d+)|(%d+)|(%d+)|(%d+)$')
  if not batch then return redis.error_reply('ERR the entry of ' .. label .. ' in ' .. flushing .. ' is malformed') end
  if not is_sealed then return { 'missing', source, batch, seq, at, size, tries } end
  tries = tostring(tries + 1)
  redis.call('HSET', flushing, label, batch .. '|' .. seq .. '|' .. at .. '|' .. size .. '|' .. tries)
  return { 'resumed', source, batch, seq, at, size, tries }
end

if not is_sealed and not has_counters then return { 'nothing', source } end
local seq = tostring(redis.call('HINCRBY', seqs, label, 1))
if not is_sealed then redis.call('RENAMENX', counter, sealed) end
local time = redis.call('TIME')
local at = time[1] .. string.format('%03d', math.floor(time[2] / 1000))
local size = tostring(redis.call('HLEN', sealed))
redis.call('HSET', flushing, label, new_batch .. '|' .. seq .. '|' .. at .. '|' .. size .. '|1')
return { is_sealed and 'adopted' or 'sealed', source, new_batch, seq, at, size, '1' }
