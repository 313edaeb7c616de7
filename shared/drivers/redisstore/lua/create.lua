-- Stores a new job, or replaces one that ended.
-- KEYS  1 state  2 ticks  3 order  4 history
-- ARGV  1 fingerprint of the request  2 spec  3 state  4 life
-- Returns 1 stored, 2 lives with the same fingerprint, 3 lives with another.
local old = redis.call('HMGET', KEYS[1], 'living', 'fingerprint', 'rev')
if old[1] == '1' then
  if old[2] == ARGV[1] then return 2 end
  return 3
end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
redis.call('HSET', KEYS[1],
  'living', '1', 'fingerprint', ARGV[1], 'spec', ARGV[2], 'state', ARGV[3],
  'life', ARGV[4],
  'rev', tostring((tonumber(old[3]) or 0) + 1))
return 1
