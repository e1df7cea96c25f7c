-- Makes a publisher the one that tells the site, unless another one is; the same call renews it.
-- Returns {1, token}, the token being higher than that of any owner before; or {0} while another one is.
local owner    = KEYS[1] -- hash: id, until [ms], token
local id       = ARGV[1]
local lease    = ARGV[2] -- [ms]
local seen_max = ARGV[3] -- the highest token that the caller has met: a promoted master may know less

local time = redis.call('TIME')
local micros = tonumber(time[1]) * 1000000 + tonumber(time[2])
local now = math.floor(micros / 1000)
local known = redis.call('HMGET', owner, 'id', 'until', 'token')
if known[1] and known[1] ~= id then
  local left = tonumber(known[2]) - now
  -- More than a lease is left only if the clock was set back, and then nobody knows.
  if left > 0 and left <= tonumber(lease) then
    return {0}
  end
end
local token = tonumber(known[3] or '0')
if known[1] ~= id or token < tonumber(seen_max) then
  token = math.max(token, tonumber(seen_max), micros) + 1
end
local text = string.format('%.0f', token)
redis.call('HSET', owner, 'id', id, 'until', string.format('%.0f', now + tonumber(lease)), 'token', text)
return {1, text}
