-- Takes a place for a life of a job unless there are too many.
-- KEYS  two sorted sets with the same members, "caller id life": 1 by when the place
--       was taken or held last  2 by member, as all have score 0
-- ARGV  1 member  2 the caller and a space  3 now, Unix milliseconds
--       4 number of places  5 of the caller's; 0 for no limit
-- Returns 1 taken, 2 all places are taken, 3 all of the caller are.
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  local most, own = tonumber(ARGV[4]), tonumber(ARGV[5])
  if most > 0 and redis.call('ZCARD', KEYS[1]) >= most then return 2 end
  if own > 0 and redis.call('ZLEXCOUNT', KEYS[2], '[' .. ARGV[2], '(' .. ARGV[2] .. '\255') >= own then return 3 end
end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
redis.call('ZADD', KEYS[2], 0, ARGV[1])
return 1
