-- Notes down that a publication is stored in a channel. What is there already stands, and a record that has channels enough
-- takes no more. Returns 1 if it is there afterwards, and not another one that had the id before.
local record       = KEYS[1] -- hash: the receipt
local channel      = ARGV[1]
local stored       = ARGV[2] -- JSON: position, stored, expires, routed, namespace, event
local ending       = ARGV[3] -- [ms] when the receipt is over
local first        = ARGV[4] -- '1' if what is stored is this; else it is only asked about
local channels_max = ARGV[5]

local field = 'channel ' .. channel
if first == '1' and tonumber(redis.call('HGET', record, 'channels') or '0') < tonumber(channels_max) then
  if redis.call('HSETNX', record, field, stored) == 1 then
    redis.call('HINCRBY', record, 'channels', 1)
  end
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  if redis.call('PTTL', record) < tonumber(ending) - now then
    redis.call('PEXPIREAT', record, ending)
  end
end
local there = redis.call('HGET', record, field)
if there and first == '1' then
  return cjson.decode(there).stored == cjson.decode(stored).stored and 1 or 0
end
return there and 1 or 0
