-- Gives publications their places in their channels, in this order, keeps them for recovery and hands them to every
-- gateway. Follows pubsub.lua and append.lua. Of each publication it takes
--   KEYS  fence        of its tag
--         once         string: the position that this id was first given in this channel
--         kept         list or stream: what is kept of the channel
--         predecessor  string: the position of the publication that this one must follow, or once again if there is
--                      none; left out if no publication of the call has one
--   ARGV  highest      see enter
--         live         pub/sub channel
--         tail         see append
--         payload
--         item_ttl     [ms] how long the publication is worth delivering
-- Returns for each 'position duplicate routed serverMs expiresMs likeness', see duplicate; or 'FENCED' when another master
-- opened this generation or the caller knows a higher one, which is looked at once for all under a tag that stand together; or
-- 'EARLY' when the one that it must follow is not there yet; or what Redis has against it.
local count = (#ARGV - shared) / 5
local keys_each = #KEYS / count

local function publish(i)
  local key, arg = 1 + (i - 1) * keys_each, shared + 1 + (i - 1) * 5
  local once, kept = KEYS[key + 1], KEYS[key + 2]
  local highest, tail, item_ttl = ARGV[arg], ARGV[arg + 2], ARGV[arg + 4]
  if KEYS[key] ~= fence then
    enter(key, keys_each, highest)
  end
  local known, refusal
  local predecessor = keys_each == 4 and KEYS[key + 3] or once
  if foreign or predecessor ~= once then
    known, refusal = obstacle(once, predecessor, highest)
    if refusal then
      return refusal
    end
  end
  if not known then
    local expires_ms = string.format('%d', now + item_ttl)
    local position, item = append(once, kept, tail, ARGV[arg + 3], now, expires_ms)
    if position then
      return string.format('%s 0 %d %s %s 1', position, call(PUBLISH, ARGV[arg + 1], item), now, expires_ms)
    end
    known = item
  end
  return (duplicate(known, kept, tail, ARGV[arg + 3], item_ttl))
end

return answers_of(count, publish)
