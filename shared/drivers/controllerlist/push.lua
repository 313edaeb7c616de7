-- Pushes one sample for the Controller, once for each tick and each instant.
-- KEYS  1 list of samples  2 sorted set: id or instant of a pushed tick → its timestamp
-- ARGV  1 id of the tick  2 timestamp in milliseconds
--       3 text before the timestamp  4 text after it
--       5 number of samples to keep  6 number of entries of the set to keep
--       7 milliseconds after which both keys expire  8 instant, '' for none
-- Returns the timestamp of the sample, negated if the tick or its instant was pushed
-- before.
-- The Controller drops a sample that is not newer than the last one it saw, so
-- a timestamp that does not rise becomes the last one plus a millisecond.
local before = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not before and ARGV[8] ~= '' then before = redis.call('ZSCORE', KEYS[2], ARGV[8]) end
if before then return -tonumber(before) end
local at = tonumber(ARGV[2])
local last = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
if last[2] and at <= tonumber(last[2]) then at = tonumber(last[2]) + 1 end
redis.call('RPUSH', KEYS[1], ARGV[3] .. string.format('%.0f', at) .. ARGV[4])
redis.call('LTRIM', KEYS[1], -tonumber(ARGV[5]), -1)
redis.call('ZADD', KEYS[2], string.format('%.0f', at), ARGV[1])
if ARGV[8] ~= '' then redis.call('ZADD', KEYS[2], string.format('%.0f', at), ARGV[8]) end
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -tonumber(ARGV[6]) - 1)
redis.call('PEXPIRE', KEYS[1], ARGV[7])
redis.call('PEXPIRE', KEYS[2], ARGV[7])
return at
