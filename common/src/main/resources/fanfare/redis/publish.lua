-- Gives publications their places in their channels, in this order, keeps them for recovery and hands them to every
-- gateway. Follows pubsub.lua and append.lua. Of each publication it takes
--   KEYS  once         string: the position that this id was first given in this channel
--         kept         list or stream: what is kept of the channel
--         predecessor  string: the position of the publication that this one must follow, or once again if there is
--                      none; left out if no publication of the call has one
--   ARGV  live         pub/sub channel
--         tail         see rest_of
--         payload
--         item_ttl     [ms] how long the publication is worth delivering
-- Returns for each 'position duplicate routed serverMs expiresMs alike', where alike is 0 for a duplicate of something
-- with another namespace or receipt, or that is no longer kept; or 'FENCED' when another master opened this generation
-- or the caller knows a higher one, which is looked at once for all; or 'EARLY' when the one that it must follow is not
-- there yet; or what Redis has against it.
local count = (#ARGV - shared) / 4
local keys_each = (#KEYS - 1) / count

local function publish(i)
  local key, arg = 2 + (i - 1) * keys_each, shared + 1 + (i - 1) * 4
  local once, kept = KEYS[key], KEYS[key + 1]
  local tail, item_ttl = ARGV[arg + 1], ARGV[arg + 3]
  local first = call('GET', once)
  if first then
    return (duplicate(first, kept, tail, item_ttl))
  end
  if fenced then
    return 'FENCED'
  end
  if keys_each == 3 and KEYS[key + 2] ~= once and call('EXISTS', KEYS[key + 2]) == 0 then
    return 'EARLY'
  end
  local expires_ms = '' .. now + item_ttl
  local rest = rest_of(tail, ARGV[arg + 2], now, expires_ms)
  local position, item = append(once, kept, rest, count - i + 1)
  return position .. ' 0 ' .. call(PUBLISH, ARGV[arg], item) .. ' ' .. now .. ' ' .. expires_ms .. ' 1'
end

return answers_of(count, publish)
