-- Gives an order to all gateways, now and to those that catch up. Safe to repeat. Follows pubsub.lua.
-- Returns its id in the stream.
local control   = KEYS[1] -- stream and pub/sub channel
local once      = KEYS[2] -- string: id in the stream
local order     = ARGV[1] -- JSON object
local kept_max  = ARGV[2]
local bytes_max = tonumber(ARGV[3])
local once_ttl  = ARGV[4] -- [s]

local given = redis.call('GET', once)
if given then
  return given
end
-- Each entry has the sum of all orders till then, so the newest and the oldest say what lies between them.
local newest = redis.call('XREVRANGE', control, '+', '-', 'COUNT', 1)[1]
local sum = (newest and tonumber(newest[2][4]) or 0) + #order
local id = redis.call('XADD', control, 'MAXLEN', '~', kept_max, '*', 'order', order, 'sum', string.format('%.0f', sum))
local oldest = redis.call('XRANGE', control, '-', '+', 'COUNT', 1)[1]
while sum - (tonumber(oldest[2][4]) or 0) + #oldest[2][2] > bytes_max do
  redis.call('XDEL', control, oldest[1])
  oldest = redis.call('XRANGE', control, '-', '+', 'COUNT', 1)[1]
end
redis.call('SET', once, id, 'EX', once_ttl)
redis.call(PUBLISH, control, id .. ' ' .. order)
return id
