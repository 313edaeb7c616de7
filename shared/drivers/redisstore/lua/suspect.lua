-- Stores since when a sweep suspects something of a life, unless a suspicion of
-- that life is stored that is newer than a given time.
-- KEYS  1 suspicions: life → Unix milliseconds
-- ARGV  1 life  2 now and  3 the given time, Unix milliseconds
--       4 milliseconds that the key lives
-- Returns the time that is stored.
local since = redis.call('HGET', KEYS[1], ARGV[1])
if not since or tonumber(since) <= tonumber(ARGV[3]) then
  since = ARGV[2]
  redis.call('HSET', KEYS[1], ARGV[1], since)
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return tonumber(since)
