-- Ends the lease of an instant that was served, unless a later one is claimed.
-- KEYS  1 hash, see claim.lua
-- ARGV  1 key of the period  2 the instant, Unix milliseconds
-- Returns 1 ended, 0 a later one is claimed.
local value = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if string.match(value, '^(%d+) ') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' 0 -')
return 1
