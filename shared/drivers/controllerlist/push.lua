-- Pushes one sample for the Controller, once for each tick and each instant.
-- KEYS  1 list of samples  2 sorted set: id or instant of a pushed tick → its timestamp
-- ARGV  1 id of the tick  2 timestamp in milliseconds
--       3 text before the timestamp  4 text after it
--       5 instant, '' for none  6 id of the job
-- Before this text are the constants KEEP, of samples, REMEMBER, of entries of the set,
-- EXPIRY, of both keys in milliseconds, and METRIC, a name.
-- Returns the timestamp of the sample, negated if the tick or its instant was pushed
-- before; the text 'foreign', with nothing changed, if the list is somebody else's.
-- The Controller drops a sample that is not newer than the last one it saw, so
-- a timestamp that does not rise becomes the last one plus a millisecond.
local before = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not before and ARGV[5] ~= '' then before = redis.call('ZSCORE', KEYS[2], ARGV[5]) end
if before then return -tonumber(before) end
local name, id = '"name":"' .. METRIC .. '"', '"application_id":"' .. ARGV[6] .. '"'
local function ofJob(text)
  return string.find(text, name, 1, true) ~= nil and string.find(text, id, 1, true) ~= nil
end
-- Reports whether there is no element at an index, or it is a sample of this job, in
-- JSON or as Asperathos' Monitor writes it, in Python.
local function own(index)
  local element = redis.call('LINDEX', KEYS[1], index)
  if not element then return true end
  if #element > 1000 then return false end
  if ofJob(element) then return true end
  return ofJob(string.gsub(string.gsub(element, "'", '"'), '%s', ''))
end
local last = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
local newest, oldest = own(-1), own(0)
-- The set may have expired or been evicted, so the newest element can prove it too.
if not newest and not last[2] then return 'foreign' end
if not oldest and redis.call('LLEN', KEYS[1]) >= KEEP then return 'foreign' end
local at = tonumber(ARGV[2])
if last[2] and at <= tonumber(last[2]) then at = tonumber(last[2]) + 1 end
local length = redis.call('RPUSH', KEYS[1], ARGV[3] .. string.format('%.0f', at) .. ARGV[4])
-- A list that others push to as well loses only samples of this job, and stays.
for _ = 1, math.min(length - KEEP, KEEP) do
  if not oldest then break end
  redis.call('LPOP', KEYS[1])
  oldest = own(0)
end
redis.call('ZADD', KEYS[2], string.format('%.0f', at), ARGV[1])
if ARGV[5] ~= '' then redis.call('ZADD', KEYS[2], string.format('%.0f', at), ARGV[5]) end
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -REMEMBER - 1)
if newest and oldest then redis.call('PEXPIRE', KEYS[1], EXPIRY) end
redis.call('PEXPIRE', KEYS[2], EXPIRY)
return at
