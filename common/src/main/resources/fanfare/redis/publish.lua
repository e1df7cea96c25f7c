-- Gives a publication its place in its channel, keeps it for recovery and hands it to every gateway.
-- Returns {position, duplicate, routed, serverMs, expiresMs}; or {'FENCED', replid} when another master opened this
-- generation or the caller knows a higher one. Follows append.lua.
local item_ttl = ARGV[13] -- [ms] how long the publication is worth delivering

local first = redis.call('GET', once)
if first then
  local position, server_ms, expires_ms = string.match(first, '^(%S+) (%d+) (%d+)$')
  return {position, 1, 0, server_ms, expires_ms}
end
if fenced then
  return {'FENCED', opened[2] or ''}
end
local expires = string.format('%.0f', tonumber(now) + tonumber(item_ttl))
local position, routed = append(now, expires)
return {position, 0, routed, now, expires}
