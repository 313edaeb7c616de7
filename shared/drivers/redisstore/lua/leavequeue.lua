-- Removes lives of jobs from the users of lists. A later life of a job is left as
-- it is.
-- KEYS  a sorted set for each list: id of a job that uses it → its life
-- ARGV  ids and lives in turn
-- Returns the number of entries that were removed.
local removed = 0
for _, key in ipairs(KEYS) do
  for i = 1, #ARGV, 2 do
    if tonumber(redis.call('ZSCORE', key, ARGV[i]) or '') == tonumber(ARGV[i + 1]) then
      removed = removed + redis.call('ZREM', key, ARGV[i])
    end
  end
end
return removed
