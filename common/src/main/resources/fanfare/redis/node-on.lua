-- Says that a gateway holds a user, with so many connections. Safe to repeat.
-- Returns {since when it does [ms], number of gateways that hold the user, dead ones that are not reaped included}.
local presence    = KEYS[1] -- hash: USER|INCARNATION -> 'since count'
local online      = KEYS[2] -- hash: USER -> number of gateways
local grace       = KEYS[3] -- zset: USER by the moment to call it offline [ms]
local events      = KEYS[4] -- stream: type, user
local user        = ARGV[1]
local incarnation = ARGV[2]
local connections = ARGV[3]
local since       = ARGV[4] -- [ms] as a former incarnation was told; 0: now
local events_max  = ARGV[5]

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local field = user .. '|' .. incarnation
local held = redis.call('HGET', presence, field)
if held then
  since = string.match(held, '^%d+')
elseif since == '0' then
  since = string.format('%.0f', now)
end
redis.call('HSET', presence, field, since .. ' ' .. connections)
local gateways = held and tonumber(redis.call('HGET', online, user) or 1) or redis.call('HINCRBY', online, user, 1)
if not held then
  local grace_end = redis.call('ZSCORE', grace, user)
  redis.call('ZREM', grace, user)
  if gateways == 1 then
    -- The grace was over, only no sweep has come by yet.
    if grace_end and tonumber(grace_end) <= now then
      redis.call('XADD', events, 'MAXLEN', '~', events_max, '*', 'type', 'offline', 'user', user)
      grace_end = false
    end
    if not grace_end then
      redis.call('XADD', events, 'MAXLEN', '~', events_max, '*', 'type', 'online', 'user', user)
    end
  end
end
return {since, gateways}
