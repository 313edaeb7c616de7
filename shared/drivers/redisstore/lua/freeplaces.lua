-- Frees places that were neither taken nor held since a time.
-- KEYS  as of takeplace.lua
-- ARGV  1 Unix milliseconds  2 number of places to free at most
-- Returns the number of places that were freed.
local members = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[2])
for _, member in ipairs(members) do
  redis.call('ZREM', KEYS[1], member)
  redis.call('ZREM', KEYS[2], member)
end
return #members
