-- Publishes to many users what they share, as publish.lua does to each; but whom gateways are known to hold is left to the
-- caller, who tells each gateway of all its users at once. Follows pubsub.lua and append.lua. Takes
--   ARGV  tag_at       where the user's tag begins in live; it ends with '}:'
--         gateways     how many; then the incarnation of each
--         messages     how many; then of each
--           tail, payload, item_ttl
-- and of each publication
--   KEYS  fence
--         presence     hash: USER|INCARNATION -> 'since count'
--         once, kept, and predecessor if any has one
--   ARGV  highest
--         live         pub/sub channel
--         message      which of them it is
-- Returns for each what publish.lua does; of one that the caller is to hand on also the position of the item before it or
-- '-', and which of the gateways hold the user, as the sum of 2^0 for the first, 2^1 for the second and so on.
--
-- A user is held by as many gateways as subscribe to the user's channel. If presence names fewer, one of them is not known
-- by name, and all hear it on the channel, as they do of a repeat: nobody knows whether it was handed on the first time.
local tag_at        = tonumber(ARGV[shared + 1])
local gateways      = tonumber(ARGV[shared + 2])
local first_gateway = shared + 3
local first_message = first_gateway + gateways + 1
local first         = first_message + 3 * ARGV[first_message - 1]
local count         = (#ARGV - first + 1) / 3
local keys_each     = #KEYS / count

local lives = {}
for i = 1, count do
  lives[i] = ARGV[first + 3 * i - 2]
end
local hearers = call('PUBSUB', NUMSUB, unpack(lives))
-- What presence says of the publications that stand together under a tag, from one of them on.
local held, held_from
-- The fence of that tag.
local asked
-- By message.
local expires = {}
-- What answers have in common, made once: behind the position, by how many hear of which message; and at the end.
local stored, handed = {}, {}

-- Asks presence about the users whom any gateway holds, of so many publications from one on.
local function ask(i)
  local fields = {}
  for j = i, i + run - 1 do
    local live = lives[j]
    local user = string.sub(live, string.find(live, '}:', tag_at, true) + 2)
    for g = first_gateway, first_gateway + gateways - 1 do
      fields[#fields + 1] = user .. '|' .. ARGV[g]
    end
  end
  held, held_from = gateways > 0 and call('HMGET', KEYS[2 + (i - 1) * keys_each], unpack(fields)) or {}, i
  asked = fence
end

local function publish(i)
  local key, arg = 1 + (i - 1) * keys_each, first + (i - 1) * 3
  local once, kept, live = KEYS[key + 2], KEYS[key + 3], lives[i]
  local message = first_message + 3 * ARGV[arg + 2]
  local highest, tail, item_ttl = ARGV[arg], ARGV[message], ARGV[message + 2]
  if KEYS[key] ~= fence or asked ~= fence then
    enter(key, keys_each, highest)
    ask(i)
  end
  local known, refusal
  local predecessor = keys_each == 5 and KEYS[key + 4] or once
  if foreign or predecessor ~= once then
    known, refusal = obstacle(once, predecessor, highest)
    if refusal then
      return refusal
    end
  end
  if not known then
    local expires_ms = expires[message]
    if not expires_ms then
      expires_ms = string.format('%d', now + item_ttl)
      expires[message], stored[message] = expires_ms, {}
    end
    local position, item, prev = append(once, kept, tail, ARGV[message + 1], now, expires_ms)
    if position then
      local routed, named, where = hearers[2 * i], 0, 0
      local at = gateways * (i - held_from)
      for j = 1, gateways do
        if held[at + j] then
          named = named + 1
          where = where + 2 ^ (j - 1)
        end
      end
      if named < routed then
        routed, where = call(PUBLISH, live, item), 0
      end
      local times = stored[message][routed]
      if not times then
        times = string.format(' 0 %d %s %s 1', routed, now, expires_ms)
        stored[message][routed] = times
      end
      if where == 0 or routed == 0 then
        return position .. times
      end
      handed[where] = handed[where] or ' ' .. where
      return position .. times .. ' ' .. prev .. handed[where]
    end
    known = item
  end
  local answer, item = duplicate(known, kept, tail, ARGV[message + 1], item_ttl)
  if item then
    call(PUBLISH, live, item)
  end
  return answer
end

return answers_of(count, publish)
