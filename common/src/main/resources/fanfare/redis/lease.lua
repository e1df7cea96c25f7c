-- Renews the lease of a gateway, gives up its former incarnations and names some whose lease has ended.
-- Returns {'KEPT', incarnation, end of its lease [ms], ...}, or {'LOST'} when Redis no longer knows it or it was claimed.
local node        = KEYS[1] -- string: the state of the gateway; a tombstone begins with 'dead'
local nodes       = KEYS[2] -- zset: incarnation by the end of its lease [ms]
-- KEYS[3..]                   strings: leases of the former incarnations
local incarnation = ARGV[1]
local first       = ARGV[2] -- '1' if this incarnation may have no lease yet
local state       = ARGV[3] -- JSON object
local lease       = ARGV[4] -- [ms]
local tombstone   = ARGV[5] -- [ms] how long a dead incarnation is remembered
local expired_max = ARGV[6]
-- ARGV[7..]                   the former incarnations

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local value = redis.call('GET', node)
if value and string.sub(value, 1, 4) == 'dead' then
  return {'LOST'}
end
if not value and first ~= '1' then
  -- It ended, perhaps since Redis itself was away. Nobody has reaped it, who would have left a tombstone: all is as it was.
  local ended = redis.call('ZSCORE', nodes, incarnation)
  if not ended or now - tonumber(ended) >= tonumber(tombstone) then
    return {'LOST'}
  end
end
-- Something may have been written for a former incarnation after it was reaped: so it is claimed by nobody again.
for i = 3, #KEYS do
  redis.call('SET', KEYS[i], 'dead 0', 'PX', tombstone)
  redis.call('ZADD', nodes, 'LT', string.format('%.0f', now), ARGV[i + 4])
end
redis.call('SET', node, state, 'PX', lease)
redis.call('ZADD', nodes, string.format('%.0f', now + tonumber(lease)), incarnation)
local expired = redis.call(
  'ZRANGEBYSCORE', nodes, '-inf', string.format('%.0f', now), 'WITHSCORES', 'LIMIT', 0, expired_max)
return {'KEPT', unpack(expired)}
