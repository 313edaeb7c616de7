-- Pushes a sample once for each tick, and nothing else that the program's script does.
-- KEYS  1 list of samples  2 sorted set: id of a pushed tick → its timestamp
-- ARGV  1 id of the tick  2 timestamp in milliseconds  3 sample
--       4 samples to keep  5 ticks to remember  6 milliseconds until both keys expire
if redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[3])
redis.call('LTRIM', KEYS[1], -tonumber(ARGV[4]), -1)
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -tonumber(ARGV[5]) - 1)
redis.call('PEXPIRE', KEYS[1], ARGV[6])
redis.call('PEXPIRE', KEYS[2], ARGV[6])
return 1
