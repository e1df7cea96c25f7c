-- Publishes to many users under one tag what they share, as publish.lua does to each; but whom gateways are known to hold is
-- left to the caller, who tells each gateway of all its users at once. Follows pubsub.lua and append.lua. Takes
--   KEYS  presence     hash: USER|INCARNATION -> 'since count'; the second key; then of each publication, as publish.lua does,
--         once, kept, and predecessor if any has one
--   ARGV  user_at      where the user begins in live
--         gateways     how many; then the incarnation of each
--         messages     how many; then of each
--           tail, payload, item_ttl
--         then of each publication
--           live       pub/sub channel
--           message    which of them it is
-- Returns for each what publish.lua does; of one that the caller is to hand on also the position of the item before it or
-- '-', and which of the gateways hold the user, as the sum of 2^0 for the first, 2^1 for the second and so on.
--
-- A user is held by as many gateways as subscribe to the user's channel. If presence names fewer, one of them is not known
-- by name, and all hear it on the channel, as they do of a repeat: nobody knows whether it was handed on the first time.
local presence      = KEYS[2]
local user_at       = tonumber(ARGV[shared + 1])
local gateways      = tonumber(ARGV[shared + 2])
local first_gateway = shared + 3
local first_message = first_gateway + gateways + 1
local first         = first_message + 3 * ARGV[first_message - 1]
local count         = (#ARGV - first + 1) / 2
local keys_each     = (#KEYS - 2) / count

local onces, lives = {}, {}
for i = 1, count do
  onces[i] = KEYS[3 + (i - 1) * keys_each]
  lives[i] = ARGV[first + 2 * (i - 1)]
end
local known = call('MGET', unpack(onces))
local hearers = call('PUBSUB', NUMSUB, unpack(lives))
-- Where presence is asked about the users whom any gateway holds.
local fields, places = {}, {}
for i = 1, count do
  if hearers[2 * i] > 0 and gateways > 0 then
    local user = string.sub(lives[i], user_at)
    places[i] = #fields
    for j = first_gateway, first_gateway + gateways - 1 do
      fields[#fields + 1] = user .. '|' .. ARGV[j]
    end
  end
end
local held = #fields > 0 and call('HMGET', presence, unpack(fields)) or {}
-- What this call has given a place: two of its publications may be the same.
local given = {}
-- By message.
local rests, expires = {}, {}

local function publish(i)
  local once, kept = onces[i], KEYS[4 + (i - 1) * keys_each]
  local message = first_message + 3 * ARGV[first + 2 * i - 1]
  local tail, item_ttl = ARGV[message], ARGV[message + 2]
  local known_position = known[i] or given[once]
  if known_position then
    local answer, item = duplicate(known_position, kept, tail, item_ttl)
    if item then
      call(PUBLISH, lives[i], item)
    end
    return answer
  end
  if fenced then
    return 'FENCED'
  end
  local predecessor = keys_each == 3 and KEYS[5 + (i - 1) * keys_each] or once
  if predecessor ~= once and call('EXISTS', predecessor) == 0 then
    return 'EARLY'
  end
  if not rests[message] then
    expires[message] = '' .. now + item_ttl
    rests[message] = rest_of(tail, ARGV[message + 1], now, expires[message])
  end
  local position, item, prev = append(once, kept, rests[message], count - i + 1)
  given[once] = position

  local routed, named, where = hearers[2 * i], 0, 0
  for j = 0, places[i] and gateways - 1 or -1 do
    if held[places[i] + j + 1] then
      named = named + 1
      where = where + 2 ^ j
    end
  end
  if named < routed then
    routed, where = call(PUBLISH, lives[i], item), 0
  end
  local answer = position .. ' 0 ' .. routed .. ' ' .. now .. ' ' .. expires[message] .. ' 1'
  return where == 0 and answer or answer .. ' ' .. prev .. ' ' .. where
end

return answers_of(count, publish)
