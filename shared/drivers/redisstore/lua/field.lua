-- Changes one field of a job. Creates nothing if there is no such job.
-- KEYS  1 state
-- ARGV  1 field  2 'set' or 'add'  3 value
-- Returns 1 changed, 0 no such job.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if ARGV[2] == 'add' then
  redis.call('HINCRBY', KEYS[1], ARGV[1], ARGV[3])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
end
return 1
