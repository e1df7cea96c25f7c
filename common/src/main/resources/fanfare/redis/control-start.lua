-- Where the stream of orders ends. An empty one gets an entry that orders nothing, so that its loss can be noticed.
-- Returns the id of the newest entry.
local control = KEYS[1] -- stream

local newest = redis.call('XREVRANGE', control, '+', '-', 'COUNT', 1)[1]
if newest then
  return newest[1]
end
return redis.call('XADD', control, '*', 'order', '{"type":"start"}')
