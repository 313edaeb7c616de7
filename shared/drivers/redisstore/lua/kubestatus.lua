-- Stores the status of a Kubernetes Job unless the stored one is newer.
-- KEYS  1 status of the Kubernetes Job
-- ARGV  1 status  2 version, a whole number  3 milliseconds after which the key expires
-- Returns 1 stored, 0 the stored one is newer.
-- Versions are compared by their digits: no number of Lua holds all of 64 bits.
local kept = redis.call('HGET', KEYS[1], 'version')
if kept and (#kept > #ARGV[2] or #kept == #ARGV[2] and kept > ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'status', ARGV[1], 'version', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
