-- Says that a gateway no longer holds a user, whose grace begins. Safe to repeat.
-- The grace is noted even if others hold the user: they may be dead and not reaped yet.
-- Returns 1 if the gateway did hold the user.
local presence    = KEYS[1] -- hash: USER|INCARNATION -> 'since count'
local online      = KEYS[2] -- hash: USER -> number of gateways
local grace       = KEYS[3] -- zset: USER by the moment to call it offline [ms]
local seen        = KEYS[4] -- zset: USER by the end of the last connection [ms]
local user        = ARGV[1]
local incarnation = ARGV[2]
local grace_time  = ARGV[3] -- [ms]

if redis.call('HDEL', presence, user .. '|' .. incarnation) == 0 then
  return 0
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
if redis.call('HINCRBY', online, user, -1) <= 0 then
  redis.call('HDEL', online, user)
end
redis.call('ZADD', grace, string.format('%.0f', now + tonumber(grace_time)), user)
redis.call('ZADD', seen, 'GT', string.format('%.0f', now), user)
return 1
