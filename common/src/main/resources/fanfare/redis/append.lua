-- How publications enter their channels: what publish.lua, multicast.lua and replay.lua share. It stands before each of them,
-- and all take these arguments first; keys and arguments of each publication follow. Several may lie under several tags, where
-- one Redis has them all.
local kind      = ARGV[1] -- what keeps the channels: 'list' or 'stream'
local replid    = ARGV[2] -- identity of the master, as the caller's connection read it
local may_open  = ARGV[3] -- '1' if the caller has made sure of that identity after it was told FENCED
local random    = ARGV[4] -- up to a second in us, so that two masters do not open the same generation
local items_max = tonumber(ARGV[5])
local bytes_max = ARGV[6] -- of a stream
local kept_ttl  = ARGV[7] -- [s] since the last publish, of a list up to a 64th more; 0: no end
local once_ttl  = ARGV[8] -- [s]
local shared    = 8       -- so many arguments are before those of the first publication

local call = redis.call
local time = call('TIME')
local now = time[1] .. string.sub('00000' .. time[2], -6, -4)
-- A list is given its time by the first publication in each 64th of it, and so much more. It has it if its last item is
-- from then on, whichever master's clock that is by.
local fresh_since = now - now % (kept_ttl * 1000 / 64)
local list_ttl    = string.format('%d', kept_ttl * 65 / 64 + 1)

-- Of the tag that is written to.
local fence      -- hash: generation, seq, replid, born; for a log also bytes
local generation -- that its fence names; false for none
local foreign    -- opened by another master; or older than what the caller has seen: this may be a master of the past
local fenced     -- foreign, and the caller may not open another one
local run        -- how many publications of this call go there one behind the other
local sequence, sequence_max

-- Turns to the tag of a publication. Takes
--   key      the place of its fence among the keys
--   step     from there to that of the next publication
--   highest  highest generation that the caller has seen under this tag
local function enter(key, step, highest)
  local of = KEYS[key]
  local opened = call('HMGET', of, 'generation', 'replid')
  fence, generation = of, opened[1]
  foreign = opened[2] ~= replid or (generation ~= highest and tonumber(generation) < tonumber(highest))
  fenced = foreign and may_open ~= '1' and (generation or highest ~= '0')
  sequence, sequence_max, run = 0, 0, 1
  while KEYS[key + run * step] == of do
    run = run + 1
  end
end

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

-- Opens a generation: none of this tag was higher, in this master's data or as far as the caller knows.
local function open(highest)
  local micros = tonumber(time[1]) * 1000000 + tonumber(time[2])
  local base = math.max(tonumber(generation or 0), micros, tonumber(highest))
  generation = string.format('%.0f', base + 1 + tonumber(random))
  call('HSET', fence, 'generation', generation, 'seq', 0, 'replid', replid)
  call('HSETNX', fence, 'born', now)
  foreign = false
end

-- Whether what a publication must follow is not there yet; its predecessor is itself if it need not follow any.
local function is_early(once, predecessor)
  return predecessor ~= once and call('EXISTS', predecessor) == 0
end

-- What keeps a publication from being written, if its tag is foreign or it has a predecessor: the position that its id was
-- first given; or nil and 'FENCED' or 'EARLY'. If nothing does, the generation is this master's from now on.
local function obstacle(once, predecessor, highest)
  local known = call('GET', once)
  if known then
    return known
  end
  if fenced then
    return nil, 'FENCED'
  end
  if is_early(once, predecessor) then
    return nil, 'EARLY'
  end
  if foreign then
    open(highest)
  end
end

-- How many entries a log with a lower limit than before loses with each that comes: Redis does nothing else meanwhile.
local trimmed_at_once = 64

-- Gives a publication its place in a channel and keeps it, if its id was not known there; handing it to the gateways is the
-- caller's. To be called only under a generation of this master. Takes
--   once        string: the position that this id was first given in this channel
--   kept        list or stream: what is kept of the channel
--   tail        'id namespace', the end of the header line; and a receipt's seconds, if one was asked for
--   payload     the event object without its time and closing brace
--   server_ms   when Redis first took it
--   expires_ms  when it is no longer worth delivering
-- Returns its position, its item, and the position of the item before it or '-'; or, if its id was known there, nil and the
-- position that it was first given.
local function append(once, kept, tail, payload, server_ms, expires_ms)
  if sequence == sequence_max then
    -- Those that turn out to be repeats leave holes, which a user's sequence has anyway.
    sequence_max = call('HINCRBY', fence, 'seq', run == 1 and '1' or run)
    sequence = sequence_max - run
  end
  sequence = sequence + 1
  local position = string.format('%s-%d', generation, sequence)

  local prev, fresh = '-', false
  if kind == 'list' then
    local last = call('LINDEX', kept, '-1')
    if last then
      local prev_end = string.find(last, ' ', 1, true)
      prev = string.sub(last, 1, prev_end - 1)
      fresh = tonumber(string.match(last, ' (%d+)', prev_end + 1)) >= fresh_since
    end
  else
    local last = call('XREVRANGE', kept, '+', '-', 'COUNT', '1')
    if last[1] then
      prev = last[1][1]
    end
  end
  -- A key of another type was found by now, so what is remembered will be kept.
  if not call('SET', once, position, 'EX', once_ttl, 'NX') then
    return nil, call('GET', once)
  end
  local item = position .. ' ' .. prev .. ' ' .. server_ms .. ' ' .. expires_ms .. ' ' .. tail .. '\n' .. payload
    .. ',"time":' .. server_ms .. '}'

  if kind == 'list' then
    if call('RPUSH', kept, item) > items_max then
      call('LTRIM', kept, -items_max, '-1')
    end
  else
    if prev == '-' then
      -- A topic's log ends of itself, and its fence may outlive it.
      call('HSET', fence, 'bytes', 0)
    end
    local added = redis.pcall('XADD', kept, position, 'item', item)
    if type(added) == 'table' then
      -- The log has a later position than its fence knows.
      call('DEL', once)
      error(added)
    end
    local bytes = call('HINCRBY', fence, 'bytes', #item)
    local length = call('XLEN', kept)
    local room = trimmed_at_once
    while room > 0 and length > 1 and (length > items_max or bytes > tonumber(bytes_max)) do
      local oldest = call('XRANGE', kept, '-', '+', 'COUNT', 1)[1]
      call('XDEL', kept, oldest[1])
      bytes = call('HINCRBY', fence, 'bytes', -#oldest[2][2])
      length = length - 1
      room = room - 1
    end
  end
  if kept_ttl ~= '0' and not fresh then
    call('EXPIRE', kept, kind == 'list' and list_ttl or kept_ttl)
    if kind == 'stream' then
      call('EXPIRE', fence, kept_ttl)
    end
  end
  return position, item, prev
end

-- The item at a position of a channel; nil if it is no longer kept. A log knows its entries by their positions.
local function item_at(position, kept)
  if kind == 'stream' then
    local entry = call('XRANGE', kept, position, position)[1]
    return entry and entry[2][2]
  end
  local items, place = earlier(kept)
  while #items > 0 do
    for _, item in ipairs(items) do
      if string.match(item, '^%S+') == position then
        return item
      end
    end
    items, place = earlier(kept, place)
  end
end

-- The answer for an id that is known, and the item, which is nil if it is no longer kept; then it is taken to be as old as
-- this call. It ends in how like it is: 1 the same, 3 with another body, 0 also with another namespace or receipt, 2 not known.
local function duplicate(position, kept, tail, payload, item_ttl)
  local item = item_at(position, kept)
  if not item then
    return position .. ' 1 0 ' .. now .. ' ' .. now + item_ttl .. ' 2'
  end
  local times, tail_there, body = string.match(item, '^%S+ %S+ (%d+ %d+) ([^\n]*)\n()')
  local rest = payload .. ',"time":'
  local same = string.sub(item, body, body + #rest - 1) == rest
  return position .. ' 1 0 ' .. times .. (tail_there ~= tail and ' 0' or same and ' 1' or ' 3'), item
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

