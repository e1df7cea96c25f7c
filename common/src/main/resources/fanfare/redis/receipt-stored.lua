-- Notes down that a publication is stored in a channel. What is there already stands. Returns 1 if it is there afterwards.
local record  = KEYS[1] -- hash: the receipt
local channel = ARGV[1]
local stored  = ARGV[2] -- JSON: position, stored, expires, routed, namespace, event
local ending  = ARGV[3] -- [ms] when the receipt is over
local first   = ARGV[4] -- '1' if what is stored is this; else it is only asked about

local field = 'channel ' .. channel
if first == '1' then
  redis.call('HSETNX', record, field, stored)
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  if redis.call('PTTL', record) < tonumber(ending) - now then
    redis.call('PEXPIREAT', record, ending)
  end
end
return redis.call('HEXISTS', record, field)
