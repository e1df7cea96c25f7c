-- Writes, and says so on a channel of the caller's own: who hears it has a link to a master that takes writes. Follows
-- pubsub.lua. Returns the time [ms], which is also the message.
local probe = KEYS[1] -- string: the time [ms]; and pub/sub channel
local ttl   = ARGV[1] -- [ms]

local time = redis.call('TIME')
local now = time[1] .. string.format('%03d', math.floor(tonumber(time[2]) / 1000))
redis.call('SET', probe, now, 'PX', ttl)
redis.call(PUBLISH, probe, now)
return now
