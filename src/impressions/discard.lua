#!lua flags=allow-oom
-- Throws away all that Redis holds for a label, whatever it is.
--
-- KEYS  1 counter hash, 2 sealed hash, 3 flushing, 4 labels
-- ARGV  1 label
-- Returns { contents in the counter hash, contents in the sealed one }; -1 for a key that is no hash

local function size(key)
  local kind = redis.call('TYPE', key).ok
  if kind == 'none' then return 0 end
  return kind == 'hash' and redis.call('HLEN', key) or -1
end

local pending, sealed = size(KEYS[1]), size(KEYS[2])
redis.call('UNLINK', KEYS[1], KEYS[2])
redis.call('HDEL', KEYS[3], ARGV[1])
redis.call('SREM', KEYS[4], ARGV[1])
return { pending, sealed }
