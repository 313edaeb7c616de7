-- Claims the instants that are due at a beat of the metronome.
-- KEYS  1 hash: key of a period -> "instant lease beat", the instant that was served last
--       2 and so on: the sorted set of each period's jobs
-- ARGV  1 id of the beat  2 now  3 end of the lease of what is claimed, Unix milliseconds
--       4 and so on: the instant of each period that is not after the beat
-- Returns for each period 0 nothing is due, 1 claimed, or a negative number: so many jobs
--       are skipped, as the earlier instant is still served.
-- A beat that is repeated claims again what it claimed, unless that was served.
local now, result = tonumber(ARGV[2]), {}
for n = 2, #KEYS do
  local instant, code = tonumber(ARGV[n + 2]), 0
  local jobs = redis.call('ZCARD', KEYS[n])
  if jobs > 0 then
    local served, lease, beat = string.match(redis.call('HGET', KEYS[1], KEYS[n]) or '', '^(%d+) (%d+) (.*)$')
    served, lease = tonumber(served or 0), tonumber(lease or 0)
    if instant > served and lease > now then
      code = -jobs
    elseif instant > served or (instant == served and lease > 0 and beat == ARGV[1]) then
      redis.call('HSET', KEYS[1], KEYS[n], ARGV[n + 2] .. ' ' .. ARGV[3] .. ' ' .. ARGV[1])
      code = 1
    end
  end
  result[n - 1] = code
end
return result
