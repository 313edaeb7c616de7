-- Pushes one sample for the Controller, once for each tick.
-- KEYS  1 list of samples  2 sorted set: id of a pushed tick → its timestamp
-- ARGV  1 id of the tick  2 timestamp in milliseconds
--       3 text before and  4 text after the timestamp
--       5 maximum length of the list  6 number of ticks to remember
--       7 milliseconds until both keys expire
-- Returns the timestamp, or minus the timestamp of a tick that was already pushed.
-- The Controller drops a sample that is not newer than the last one it saw, so a
-- timestamp that does not rise is set to a millisecond after the last one.
local before = redis.call('ZSCORE', KEYS[2], ARGV[1])
if before then return -tonumber(before) end
local at = tonumber(ARGV[2])
local last = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
if last[2] and at <= tonumber(last[2]) then at = tonumber(last[2]) + 1 end
redis.call('RPUSH', KEYS[1], ARGV[3] .. string.format('%.0f', at) .. ARGV[4])
redis.call('LTRIM', KEYS[1], -tonumber(ARGV[5]), -1)
redis.call('ZADD', KEYS[2], string.format('%.0f', at), ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -tonumber(ARGV[6]) - 1)
redis.call('PEXPIRE', KEYS[1], ARGV[7])
redis.call('PEXPIRE', KEYS[2], ARGV[7])
return at
