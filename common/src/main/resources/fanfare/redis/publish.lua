-- Gives a publication its place in its channel, keeps it for recovery and hands it to every gateway.
-- Returns {position, duplicate, routed, serverMs, expiresMs, alike}, where alike is 0 for a duplicate of something with
-- another namespace or receipt, or that is no longer kept; or {'FENCED', replid} when another master opened this
-- generation or the caller knows a higher one; or {'EARLY'} when the one that it must follow is not there yet. Follows
-- append.lua.
local predecessor = KEYS[4]  -- string, not always given: the position of the publication that this one must follow
local item_ttl    = ARGV[13] -- [ms] how long the publication is worth delivering

-- When the item at a position was taken and will expire, and whether it is like this one. One that is no longer kept is
-- taken to be as old as this call.
local function times(position)
  local items = earlier()
  while #items > 0 do
    for _, item in ipairs(items) do
      local there, server_ms, expires_ms, tail_there = string.match(item, '^(%S+) %S+ (%d+) (%d+) ([^\n]*)\n')
      if there == position then
        return server_ms, expires_ms, tail_there == tail and 1 or 0
      end
    end
    items = earlier()
  end
  return now, string.format('%.0f', tonumber(now) + tonumber(item_ttl)), 0
end

local first = redis.call('GET', once)
if first then
  local server_ms, expires_ms, alike = times(first)
  return {first, 1, 0, server_ms, expires_ms, alike}
end
if fenced then
  return {'FENCED', opened[2] or ''}
end
if predecessor and redis.call('EXISTS', predecessor) == 0 then
  return {'EARLY'}
end
local expires = string.format('%.0f', tonumber(now) + tonumber(item_ttl))
local position, routed = append(now, expires)
return {position, 0, routed, now, expires, 1}
