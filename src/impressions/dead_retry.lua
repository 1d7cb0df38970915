#!lua flags=allow-oom
-- Puts dead jobs back into the queue, oldest first. Jobs of which only the beginning was kept stay.
-- What was in doubt (ingest.lua) is taken to be uncounted from here on: whoever retries has decided that. The time of the
-- last run goes with it: where nothing was taken since, the next run would find the same gap, and doubt again.
--
-- KEYS  1 dead, 2 queue, 3 progress
-- ARGV  1 how many to look at
-- Returns { looked at, put back, kept }

local dead, queue, progress = KEYS[1], KEYS[2], KEYS[3]
local entries = redis.call('LRANGE', dead, -tonumber(ARGV[1]), -1)
local kept, retried = {}, 0

redis.call('HDEL', progress, 'doubt', 'at')
for place = #entries, 1, -1 do
  local is_json, entry = pcall(cjson.decode, entries[place])
  if is_json and type(entry) == 'table' and type(entry.job) == 'string' and not entry.cut then
    redis.call('RPUSH', queue, entry.job)
    retried = retried + 1
  else
    kept[#kept + 1] = entries[place]
  end
end
-- To the other end: the next call looks at others.
for _, text in ipairs(kept) do redis.call('LPUSH', dead, text) end
if #entries > 0 then redis.call('LTRIM', dead, 0, -#entries - 1) end
return { #entries, retried, #kept }
