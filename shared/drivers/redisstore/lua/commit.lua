-- Replaces a job's state if nobody changed it since it was loaded, and records
-- the tick that made the change.
-- KEYS  1 state  2 ticks  3 order  4 history  5 journal
-- ARGV  1 revision that was loaded  2 new state  3 '1' if the job is living in it
--       4 id of the tick, '' for none  5 sample of the tick, '' for none
--       6 '1' to remove every second sample of the history
--       7 sample to append to the history, '' for none
--       8 milliseconds after which an ended job's keys expire
--       and then the entries to append to the journal
-- Before this text are the constants REMEMBER, of ticks, and KEEP, of entries of the journal.
-- Returns 1 committed, 2 tick already committed, 3 revision differs, 4 no such job.
-- Redis takes nothing back if a command fails, so the types are checked first: a commit
-- is whole or none. What reads a hash checks its type.
local wrong
local function check(i, want)
  local is = redis.call('TYPE', KEYS[i]).ok
  if is ~= 'none' and is ~= want then
    wrong = wrong or redis.error_reply('WRONGTYPE ' .. KEYS[i] .. ' holds a ' .. is .. ', want a ' .. want)
  end
end
local function read(i, ...)
  local reply = redis.pcall(...)
  if type(reply) == 'table' then check(i, 'hash') end
  return reply
end
local rev = read(1, 'HGET', KEYS[1], 'rev')
local committed = 0
if ARGV[4] ~= '' then committed = read(2, 'HEXISTS', KEYS[2], ARGV[4]) end
for i = 3, 5 do check(i, 'list') end
if wrong then return wrong end
if not rev then return 4 end
if committed == 1 then return 2 end
if rev ~= ARGV[1] then return 3 end

redis.call('HINCRBY', KEYS[1], 'rev', 1)
redis.call('HSET', KEYS[1], 'state', ARGV[2], 'living', ARGV[3])
if ARGV[4] ~= '' then
  redis.call('HSET', KEYS[2], ARGV[4], ARGV[5])
  local remembered = redis.call('RPUSH', KEYS[3], ARGV[4])
  if remembered > REMEMBER then
    redis.call('HDEL', KEYS[2], redis.call('LPOP', KEYS[3]))
  end
end
if ARGV[6] == '1' then
  local samples = redis.call('LRANGE', KEYS[4], 0, -1)
  redis.call('DEL', KEYS[4])
  for i = 1, #samples, 2 do redis.call('RPUSH', KEYS[4], samples[i]) end
end
if ARGV[7] ~= '' then redis.call('RPUSH', KEYS[4], ARGV[7]) end
if #ARGV > 8 then
  for i = 9, #ARGV do redis.call('RPUSH', KEYS[5], ARGV[i]) end
  redis.call('LTRIM', KEYS[5], -KEEP, -1)
end
if ARGV[3] ~= '1' then
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[8]) end
end
return 1
