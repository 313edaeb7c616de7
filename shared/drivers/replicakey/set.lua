-- Sets the number of replicas that a job should have, unless a later decision did.
-- KEYS  1 the number  2 'LIFE SEQUENCE' of the decision that set it
-- ARGV  1 number  2 life  3 sequence  4 milliseconds after which both keys expire
-- Returns 1 if the number is that of the decision now, 0 if a later one has set it, -1,
-- with nothing changed, if the key is somebody else's: it holds no number.
local length = redis.pcall('STRLEN', KEYS[1])
if type(length) == 'table' or length > 20 then return -1 end
if length == 0 and redis.call('EXISTS', KEYS[1]) == 1 then return -1 end
if length > 0 and not string.match(redis.call('GET', KEYS[1]), '^%d+$') then return -1 end
local life, sequence = string.match(redis.call('GET', KEYS[2]) or '', '^(%d+) (%d+)$')
if life then
  life, sequence = tonumber(life), tonumber(sequence)
  local mine, own = tonumber(ARGV[2]), tonumber(ARGV[3])
  if life > mine or life == mine and sequence > own then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[4])
redis.call('SET', KEYS[2], ARGV[2] .. ' ' .. ARGV[3], 'PX', ARGV[4])
return 1
