-- Stores that a life of a job uses lists, and reads who else does. It writes only
-- what is missing.
-- KEYS  a sorted set for each list: id of a job that uses it → its life
-- ARGV  1 id  2 life  3 number of users to read of each list
--       4 milliseconds after which a key expires that is written, 0 for never
-- Returns ids and lives in turn, without the job's own. A job that uses several of
-- the lists is returned for each.
local users = {}
for _, key in ipairs(KEYS) do
  if (tonumber(redis.call('ZSCORE', key, ARGV[1]) or '') or 0) < tonumber(ARGV[2]) then
    redis.call('ZADD', key, ARGV[2], ARGV[1])
    if tonumber(ARGV[4]) > 0 then
      redis.call('PEXPIRE', key, ARGV[4])
    else
      redis.call('PERSIST', key)
    end
  end
  local stored = redis.call('ZRANGE', key, 0, ARGV[3], 'WITHSCORES')
  for i = 1, #stored, 2 do
    if stored[i] ~= ARGV[1] then
      users[#users + 1] = stored[i]
      users[#users + 1] = string.format('%.0f', tonumber(stored[i + 1]))
    end
  end
end
return users
