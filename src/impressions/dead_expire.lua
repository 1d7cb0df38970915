#!lua flags=allow-oom
-- Removes dead jobs that are older than a moment.
--
-- KEYS  1 dead
-- ARGV  1 the moment, in ms since 1970, 2 how many to look at
-- Returns how many were removed

local dead, before = KEYS[1], tonumber(ARGV[1])
local removed = 0
for _ = 1, tonumber(ARGV[2]) do
  local text = redis.call('LINDEX', dead, -1)
  if not text then break end
  local is_json, entry = pcall(cjson.decode, text)
  if is_json and type(entry) == 'table' and tonumber(entry.at) and tonumber(entry.at) >= before then break end
  redis.call('RPOP', dead)
  removed = removed + 1
end
return removed
