-- How publications enter the channels under one tag: what publish.lua, multicast.lua and replay.lua share. It stands before
-- each of them, and all take these keys and arguments first; those of each publication follow.
local fence     = KEYS[1] -- hash: generation, seq, replid, born; for a log also bytes
local kind      = ARGV[1] -- what keeps the channels: 'list' or 'stream'
local replid    = ARGV[2] -- identity of the master, as the caller's connection read it
local may_open  = ARGV[3] -- '1' if the caller has made sure of that identity after it was told FENCED
local highest   = ARGV[4] -- highest generation that the caller has seen under this tag
local random    = ARGV[5] -- up to a second in us, so that two masters do not open the same generation
local items_max = tonumber(ARGV[6])
local bytes_max = ARGV[7] -- of a stream
local kept_ttl  = ARGV[8] -- [s] since the last publish; 0: no end
local once_ttl  = ARGV[9] -- [s]
local shared    = 9       -- so many arguments are before those of the first publication

local call = redis.call
local time = call('TIME')
local now = time[1] .. string.sub('00000' .. time[2], -6, -4)
local opened = call('HMGET', fence, 'generation', 'replid')
local generation = opened[1]
-- Opened by another master; or older than what the caller has seen, so that this may be a master of the past.
local foreign = opened[2] ~= replid or tonumber(generation) < tonumber(highest)
local fenced = foreign and may_open ~= '1' and (generation or highest ~= '0')
local sequence, sequence_max = 0, 0

-- Gives what is kept of a channel from a place backwards, a few at a time and in the channel's order, and the place
-- before them; nil is the end of the channel. An empty table when there is nothing left.
local function earlier(kept, place)
  if kind == 'list' then
    local index = place or -1
    return call('LRANGE', kept, index - 15, index), index - 16
  end
  local items = {}
  for _, entry in ipairs(call('XREVRANGE', kept, place or '+', '-', 'COUNT', 64)) do
    place = '(' .. entry[1]
    table.insert(items, 1, entry[2][2])
  end
  return items, place
end

-- The item of a publication from behind its two positions on.
--   tail        'id namespace', the end of the header line; and a receipt's seconds, if one was asked for
--   payload     the event object without its time and closing brace
--   server_ms   when Redis first took it
--   expires_ms  when it is no longer worth delivering
local function rest_of(tail, payload, server_ms, expires_ms)
  return ' ' .. server_ms .. ' ' .. expires_ms .. ' ' .. tail .. '\n' .. payload .. ',"time":' .. server_ms .. '}'
end

-- Gives a publication its place in a channel and keeps it; handing it to the gateways is the caller's. To be called only
-- if it is not fenced. Takes
--   once  string: the position that this id was first given in this channel
--   kept  list or stream: what is kept of the channel
--   rest  its item from behind the two positions on
--   left  how many publications this call may still append, this one among them
-- Returns its position, its item, and the position of the item before it or '-'.
local function append(once, kept, rest, left)
  if foreign then
    local micros = tonumber(time[1]) * 1000000 + tonumber(time[2])
    local base = math.max(tonumber(generation or 0), micros, tonumber(highest))
    generation = string.format('%.0f', base + 1 + tonumber(random))
    call('HSET', fence, 'generation', generation, 'seq', 0, 'replid', replid)
    call('HSETNX', fence, 'born', now)
    foreign = false
  end
  if sequence == sequence_max then
    -- Those that turn out to be repeats leave holes, which a user's sequence has anyway.
    sequence_max = call('HINCRBY', fence, 'seq', left)
    sequence = sequence_max - left
  end
  sequence = sequence + 1
  local position = string.format('%s-%d', generation, sequence)

  local prev = '-'
  if kind == 'list' then
    local last = call('LINDEX', kept, -1)
    if last then
      prev = string.sub(last, 1, string.find(last, ' ', 1, true) - 1)
    end
  else
    local last = call('XREVRANGE', kept, '+', '-', 'COUNT', 1)
    if last[1] then
      prev = last[1][1]
    else
      -- A topic's log ends of itself, and its fence may outlive it.
      call('HSET', fence, 'bytes', 0)
    end
  end
  local item = position .. ' ' .. prev .. rest

  if kind == 'list' then
    if call('RPUSH', kept, item) > items_max then
      call('LTRIM', kept, -items_max, -1)
    end
  else
    call('XADD', kept, position, 'item', item)
    local bytes = call('HINCRBY', fence, 'bytes', #item)
    local length = call('XLEN', kept)
    while length > 1 and (length > items_max or bytes > tonumber(bytes_max)) do
      local oldest = call('XRANGE', kept, '-', '+', 'COUNT', 1)[1]
      call('XDEL', kept, oldest[1])
      bytes = call('HINCRBY', fence, 'bytes', -#oldest[2][2])
      length = length - 1
    end
  end
  if kept_ttl ~= '0' then
    call('EXPIRE', kept, kept_ttl)
    if kind == 'stream' then
      call('EXPIRE', fence, kept_ttl)
    end
  end
  call('SET', once, position, 'EX', once_ttl)
  return position, item, prev
end

-- The answer for an id that is known, and the item, which is nil if it is no longer kept; then it is taken to be as old as
-- this call.
local function duplicate(position, kept, tail, item_ttl)
  local items, place = earlier(kept)
  while #items > 0 do
    for _, item in ipairs(items) do
      local there, times, tail_there = string.match(item, '^(%S+) %S+ (%d+ %d+) ([^\n]*)\n')
      if there == position then
        return position .. ' 1 0 ' .. times .. (tail_there == tail and ' 1' or ' 0'), item
      end
    end
    items, place = earlier(kept, place)
  end
  return position .. ' 1 0 ' .. now .. ' ' .. now + item_ttl .. ' 0'
end

-- Has each of so many publications of a call written, and gives their answers.
local function answers_of(count, publish)
  local answers = {}
  for i = 1, count do
    -- One that cannot be written does not keep the others from it.
    local _, answer = pcall(publish, i)
    -- Redis 6 throws a text.
    answers[i] = type(answer) == 'table' and answer.err or answer
  end
  return answers
end

