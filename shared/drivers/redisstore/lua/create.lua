-- Stores a new job, or replaces one that ended.
-- KEYS  1 state  2 ticks  3 order  4 history  5 journal
-- ARGV  1 fingerprint of the request  2 spec  3 state  4 life
-- Returns 1 stored, 2 lives with the same fingerprint, 3 lives with another,
-- 4 this life or a later one has ended (the call comes late or is repeated).
local old = redis.call('HMGET', KEYS[1], 'living', 'fingerprint', 'rev', 'life')
if old[1] == '1' then
  if old[2] == ARGV[1] then return 2 end
  return 3
end
local life = tonumber(ARGV[4])
if life > 0 and (tonumber(old[4] or '') or 0) >= life then return 4 end
local rev = string.match(old[3] or '', '^%d+$') or '0'
if #rev > 18 then rev = '0' end -- damaged
redis.call('DEL', unpack(KEYS))
redis.call('HSET', KEYS[1],
  'living', '1', 'fingerprint', ARGV[1], 'spec', ARGV[2], 'state', ARGV[3],
  'life', ARGV[4], 'rev', rev)
redis.call('HINCRBY', KEYS[1], 'rev', 1)
return 1
