-- Claims an incarnation whose lease has ended, so that one gateway reaps it. Its tombstone tells it so if it resumes.
-- Returns 1 if it is the caller's to reap.
local node        = KEYS[1] -- string: 'dead END CLAIMANT', END of the claim in [ms]
local nodes       = KEYS[2] -- zset: incarnation by the end of its lease [ms]
local incarnation = ARGV[1]
local claimant    = ARGV[2] -- incarnation of the caller
local claim       = ARGV[3] -- [ms]
local tombstone   = ARGV[4] -- [ms]

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local value = redis.call('GET', node)
if value then
  local claimed = string.match(value, '^dead (%d+)')
  if not claimed or tonumber(claimed) > now then
    return 0
  end
end
if not redis.call('ZSCORE', nodes, incarnation) then
  return 0
end
local mine = string.format('dead %.0f %s', now + tonumber(claim), claimant)
redis.call('SET', node, mine, 'PX', tombstone)
return 1
