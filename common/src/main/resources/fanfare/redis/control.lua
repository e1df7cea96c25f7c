-- Gives an order to all gateways, now and to those that catch up. Safe to repeat. Follows pubsub.lua.
-- Returns its id in the stream.
local control  = KEYS[1] -- stream and pub/sub channel
local once     = KEYS[2] -- string: id in the stream
local order    = ARGV[1] -- JSON object
local kept_max = ARGV[2]
local once_ttl = ARGV[3] -- [s]

local given = redis.call('GET', once)
if given then
  return given
end
local id = redis.call('XADD', control, 'MAXLEN', '~', kept_max, '*', 'order', order)
redis.call('SET', once, id, 'EX', once_ttl)
redis.call(PUBLISH, control, id .. ' ' .. order)
return id
