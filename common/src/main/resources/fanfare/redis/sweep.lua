-- Calls users offline whose grace is over, and forgets when those were seen who have not come for long.
-- Returns how many graces have ended; as many as allowed means that there may be more.
local online     = KEYS[1] -- hash: USER -> number of gateways
local grace      = KEYS[2] -- zset: USER by the moment to call it offline [ms]
local seen       = KEYS[3] -- zset: USER by the end of the last connection [ms]
local events     = KEYS[4] -- stream: type, user
local seen_ttl   = ARGV[1] -- [ms]
local users_max  = ARGV[2]
local events_max = ARGV[3]

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local over = redis.call('ZRANGEBYSCORE', grace, '-inf', string.format('%.0f', now), 'LIMIT', 0, users_max)
for _, user in ipairs(over) do
  redis.call('ZREM', grace, user)
  if redis.call('HEXISTS', online, user) == 0 then
    redis.call('XADD', events, 'MAXLEN', '~', events_max, '*', 'type', 'offline', 'user', user)
  end
end
redis.call('ZREMRANGEBYSCORE', seen, '-inf', string.format('%.0f', now - tonumber(seen_ttl)))
return #over
