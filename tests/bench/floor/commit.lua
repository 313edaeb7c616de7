-- Replaces a state if its revision is the one that was loaded, once for each tick, and
-- nothing else that the program's script does.
-- KEYS  1 state  2 ticks  3 order
-- ARGV  1 revision  2 new state  3 id of the tick  4 its sample  5 ticks to remember
-- Returns 1 committed, 2 tick already committed, 3 revision differs.
if redis.call('HEXISTS', KEYS[2], ARGV[3]) == 1 then return 2 end
if redis.call('HGET', KEYS[1], 'rev') ~= ARGV[1] then return 3 end
redis.call('HSET', KEYS[1], 'state', ARGV[2], 'rev', ARGV[1] + 1)
redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
if redis.call('RPUSH', KEYS[3], ARGV[3]) > tonumber(ARGV[5]) then
  redis.call('HDEL', KEYS[2], redis.call('LPOP', KEYS[3]))
end
return 1
