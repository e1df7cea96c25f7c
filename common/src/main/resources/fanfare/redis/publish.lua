-- Gives a publication its place in its channel, keeps it for recovery and hands it to every gateway.
-- Returns {position, duplicate, routed, serverMs, expiresMs}; or {'FENCED', replid} when another master opened this
-- generation or the caller knows a higher one; or {'EARLY'} when the one that it must follow is not there yet. Follows
-- append.lua.
local predecessor = KEYS[4]  -- string, not always given: the position of the publication that this one must follow
local item_ttl    = ARGV[13] -- [ms] how long the publication is worth delivering

-- When the item at a position was taken and will expire. One that is no longer kept is taken to be as old as this call.
local function times(position)
  local items = earlier()
  while #items > 0 do
    for _, item in ipairs(items) do
      local there, server_ms, expires_ms = string.match(item, '^(%S+) %S+ (%d+) (%d+) ')
      if there == position then
        return server_ms, expires_ms
      end
    end
    items = earlier()
  end
  return now, string.format('%.0f', tonumber(now) + tonumber(item_ttl))
end

local first = redis.call('GET', once)
if first then
  local server_ms, expires_ms = times(first)
  return {first, 1, 0, server_ms, expires_ms}
end
if fenced then
  return {'FENCED', opened[2] or ''}
end
if predecessor and redis.call('EXISTS', predecessor) == 0 then
  return {'EARLY'}
end
local expires = string.format('%.0f', tonumber(now) + tonumber(item_ttl))
local position, routed = append(now, expires)
return {position, 0, routed, now, expires}
