-- Stores the status of a Kubernetes Job, or leaves the stored one, which is newer.
-- KEYS  1 status of the Kubernetes Job  2 state of the job of the same name
-- ARGV  1 status, as JSON  2 version, a whole number; '' for what Kubernetes was asked for
--       3 milliseconds after which the key expires
--       4 milliseconds for which a later version is trusted
-- Returns 1 stored, 0 not.
local new, text = cjson.decode(ARGV[1]), redis.call('HMGET', KEYS[1], 'status', 'version')
local old, version = text[1] and cjson.decode(text[1]), text[2] or '' -- '' if Kubernetes was asked

local function store()
  redis.call('HSET', KEYS[1], 'status', ARGV[1], 'version', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return 1
end
local function final(status) return status.complete or status.failed or status.gone end
-- Versions have up to 19 digits, more than a number of Lua.
local function before(a, b) return #a < #b or (#a == #b and a < b) end

if ARGV[2] == '' then -- the truth, unless something was stored since it was asked for
  redis.call('HDEL', KEYS[2], 'doubted')
  if not old or (old.saved or 0) > (new.saved or 0) then return 0 end
  return store()
end
if not old then return store() end

local named = old.uid and new.uid
local same = not named or old.uid == new.uid
local earlier = before(ARGV[2], version)
if not same and (old.created or 0) ~= (new.created or 0) then
  earlier = (new.created or 0) < (old.created or 0)
end
if not earlier and not (version == '' and named and same and final(old) and not final(new)) then return store() end

-- Either this event is late, or the stored status is wrong: a sweep asks Kubernetes.
if redis.call('HEXISTS', KEYS[2], 'rev') == 1 then redis.call('HSET', KEYS[2], 'doubted', '1') end
if final(old) then return 0 end
if final(new) then -- nothing follows the end of a Job
  if named and same then return store() end
  return 0
end
if (new.saved or 0) - (old.saved or 0) > tonumber(ARGV[4]) then return store() end
return 0
