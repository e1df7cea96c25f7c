-- Notes down what a gateway saw of a publication. A call that comes twice counts once, so that a gateway may repeat it.
-- Returns 1; 0 if it had come before, or if the receipt is over.
local record          = KEYS[1] -- hash: the receipt
local gateway         = ARGV[1] -- one run of one gateway
local number          = ARGV[2] -- of the call; the next one's is higher
local node            = ARGV[3] -- the gateway's name
local sent            = ARGV[4] -- [ms] the gateway's time now, by which its other times are told in ours
local ending          = ARGV[5] -- [ms] when the receipt is over
local connections_max = ARGV[6] -- more than these are only counted
local channels_max    = ARGV[7] -- what is seen of others is left out once the record has these
-- ARGV[8] and on: reports, as fanfare.receipt.Report writes them.

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local seen = 'seen ' .. gateway
if now >= tonumber(ending) or tonumber(redis.call('HGET', record, seen) or '-1') >= tonumber(number) then
  return 0
end
redis.call('HSET', record, seen, number)

local function ours(ms)
  return string.format('%.0f', now + tonumber(ms) - tonumber(sent))
end
local function count(channel, what, more)
  redis.call('HINCRBY', record, 'count ' .. channel .. ' ' .. what, more)
end
-- Whether one more connection gets its own entry.
local function has_room()
  return tonumber(redis.call('HGET', record, 'connections') or '0') < tonumber(connections_max)
end
-- Whether a connection is new; it has its own entry only while there is room.
local function enter(channel, connection, state, transport, ms, user)
  local field = 'on ' .. channel .. ' ' .. connection
  if redis.call('HEXISTS', record, field) == 1 then
    return false
  end
  if has_room() then
    redis.call('HINCRBY', record, 'connections', 1)
    redis.call('HSET', record, field, table.concat({state, node, transport, ours(ms), '-', user}, ' '))
  end
  return true
end

local note = {}
function note.held(channel, rest)
  local ms, sessions = string.match(rest, '^(%S+) (%d+)$')
  local field = 'held ' .. channel .. ' ' .. node
  local before, since = string.match(redis.call('HGET', record, field) or '', '^(%d+) (%d+)$')
  redis.call('HSET', record, field, string.format('%.0f', tonumber(before or '0') + tonumber(sessions)) .. ' ' .. (since or ours(ms)))
end
function note.counted(channel, rest)
  local written, acknowledged, not_delivered = string.match(rest, '^(%d+) (%d+) (%d+)$')
  count(channel, 'written', written)
  count(channel, 'acknowledged', acknowledged)
  count(channel, 'not-delivered', not_delivered)
end
function note.written(channel, rest)
  local ms, connection, transport, user = string.match(rest, '^(%S+) (%S+) (%S+) ?(.*)$')
  if enter(channel, connection, 'written', transport, ms, user) then
    count(channel, 'written', 1)
  end
end
note['not-delivered'] = function(channel, rest)
  local ms, connection, reason, transport, user = string.match(rest, '^(%S+) (%S+) (%S+) (%S+) ?(.*)$')
  if enter(channel, connection, reason, transport, ms, user) then
    count(channel, 'not-delivered', 1)
  end
end
function note.acknowledged(channel, rest)
  local ms, connection = string.match(rest, '^(%S+) (%S+)$')
  local field = 'on ' .. channel .. ' ' .. connection
  local entry = redis.call('HGET', record, field)
  if not entry and has_room() then
    -- That it was written got lost on the way.
    return
  end
  if entry then
    local before, after = string.match(entry, '^(written %S+ %S+ %d+) %- ?(.*)$')
    if not before then
      return
    end
    redis.call('HSET', record, field, before .. ' ' .. ours(ms) .. ' ' .. after)
  end
  count(channel, 'acknowledged', 1)
end

local full = tonumber(redis.call('HGET', record, 'channels') or '0') >= tonumber(channels_max)
local known = {}
-- Whether the record is of the publication that Redis took at that moment [ms], or may be: the publisher may be late.
local function is_of(channel, stored)
  if known[channel] == nil then
    local entry = redis.call('HGET', record, 'channel ' .. channel)
    known[channel] = entry and string.format('%.0f', cjson.decode(entry).stored) or false
  end
  return known[channel] == stored or not known[channel] and not full
end
for i = 8, #ARGV do
  local kind, channel, stored, rest = string.match(ARGV[i], '^(%S+) (%S+) (%S+) (.*)$')
  if is_of(channel, stored) then
    note[kind](channel, rest)
  end
end
if redis.call('PTTL', record) < tonumber(ending) - now then
  redis.call('PEXPIREAT', record, ending)
end
return 1
