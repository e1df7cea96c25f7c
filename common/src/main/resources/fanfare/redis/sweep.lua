-- Calls users offline whose grace is over, and forgets when those were seen who have not come for long; in one bucket or in
-- several. Returns how many graces have ended; as many as allowed means that there may be more.
-- KEYS, four for each bucket:
--   online: hash, USER -> number of gateways
--   grace:  zset, USER by the moment to call it offline [ms]
--   seen:   zset, USER by the end of the last connection [ms]
--   events: stream, type and user
local seen_ttl   = ARGV[1] -- [ms]
local users_max  = tonumber(ARGV[2])
local events_max = ARGV[3]

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local ended = 0
for i = 1, #KEYS, 4 do
  local online, grace, seen, events = KEYS[i], KEYS[i + 1], KEYS[i + 2], KEYS[i + 3]
  local over = redis.call('ZRANGEBYSCORE', grace, '-inf', string.format('%.0f', now), 'LIMIT', 0, users_max - ended)
  for _, user in ipairs(over) do
    redis.call('ZREM', grace, user)
    if redis.call('HEXISTS', online, user) == 0 then
      redis.call('XADD', events, 'MAXLEN', '~', events_max, '*', 'type', 'offline', 'user', user)
    end
  end
  ended = ended + #over
  redis.call('ZREMRANGEBYSCORE', seen, '-inf', string.format('%.0f', now - tonumber(seen_ttl)))
end
return ended
