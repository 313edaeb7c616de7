-- Changes a field of a life of a job. A job that does not exist, or is in another
-- life, is left as it is.
-- KEYS  1 state
-- ARGV  1 life  2 field  3 'set' or 'add'  4 value
-- Returns 1 changed, 0 no such life.
local life = redis.call('HMGET', KEYS[1], 'rev', 'life')
if not life[1] or (life[2] and life[2] ~= ARGV[1]) then return 0 end
if ARGV[3] == 'add' then
  redis.call('HINCRBY', KEYS[1], ARGV[2], ARGV[4])
else
  redis.call('HSET', KEYS[1], ARGV[2], ARGV[4])
end
return 1
