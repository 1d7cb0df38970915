#!lua flags=allow-oom
-- Clears a batch that is in the database. Whoever comes late, with a batch that is no longer the sealed one, changes nothing.
--
-- KEYS  1 sealed hash, 2 flushing, 3 seq
-- ARGV  1 label, 2 batch id, 3 what the label's seq is raised to if it is lower; '0' leaves it
-- Returns 1, or 0 when another batch or none is sealed

local sealed, flushing, seqs = KEYS[1], KEYS[2], KEYS[3]
local label, batch, floor = ARGV[1], ARGV[2], ARGV[3]

local entry = redis.call('HGET', flushing, label)
if not entry or entry:sub(1, #batch + 1) ~= batch .. '|' then return 0 end
redis.call('UNLINK', sealed)
redis.call('HDEL', flushing, label)
if tonumber(floor) > tonumber(redis.call('HGET', seqs, label) or '0') then redis.call('HSET', seqs, label, floor) end
return 1
