-- How a publication enters a channel: what publish.lua and replay.lua share. It stands before each of them, and both
-- take these keys and arguments first.
local fence     = KEYS[1] -- hash: generation, seq, replid, born; for a log also bytes
local once      = KEYS[2] -- string: the position that this id was first given in this channel
local kept      = KEYS[3] -- list or stream: what is kept of the channel
local kind      = ARGV[1] -- 'list' or 'stream'
local live      = ARGV[2] -- pub/sub channel
local replid    = ARGV[3] -- identity of the master, as the caller's connection read it
local may_open  = ARGV[4] -- '1' if the caller has made sure of that identity after it was told FENCED
local highest   = ARGV[5] -- highest generation that the caller has seen under this tag
local random    = ARGV[6] -- up to a second in us, so that two masters do not open the same generation
local tail      = ARGV[7] -- 'id namespace', the end of the header line; and a receipt's seconds, if one was asked for
local payload   = ARGV[8] -- the event object without its time and closing brace
local items_max = ARGV[9]
local bytes_max = ARGV[10] -- of a stream
local kept_ttl  = ARGV[11] -- [s] since the last publish; 0: no end
local once_ttl  = ARGV[12] -- [s]

local time = redis.call('TIME')
local now = time[1] .. string.format('%03d', math.floor(tonumber(time[2]) / 1000))
local opened = redis.call('HMGET', fence, 'generation', 'replid')
local generation = opened[1]
-- Opened by another master; or older than what the caller has seen, so that this may be a master of the past.
local foreign = opened[2] ~= replid or tonumber(generation) < tonumber(highest)
local fenced = foreign and may_open ~= '1' and (generation or highest ~= '0')

-- Gives what is kept, the newest few first and then what is before them; each time in the channel's order.
local index, before = -1, '+'
local function earlier()
  if kind == 'list' then
    local items = redis.call('LRANGE', kept, index - 15, index)
    index = index - 16
    return items
  end
  local items = {}
  for _, entry in ipairs(redis.call('XREVRANGE', kept, before, '-', 'COUNT', 64)) do
    before = '(' .. entry[1]
    table.insert(items, 1, entry[2][2])
  end
  return items
end

-- Appends the publication, which Redis first took at server_ms, and hands it to the gateways. Returns position, routed.
local function append(server_ms, expires_ms)
  if foreign then
    local micros = tonumber(time[1]) * 1000000 + tonumber(time[2])
    local base = math.max(tonumber(generation or 0), micros, tonumber(highest))
    generation = string.format('%.0f', base + 1 + tonumber(random))
    redis.call('HSET', fence, 'generation', generation, 'seq', 0, 'replid', replid)
    redis.call('HSETNX', fence, 'born', now)
  end
  local position = generation .. '-' .. redis.call('HINCRBY', fence, 'seq', 1)
  local prev = '-'
  if kind == 'list' then
    local last = redis.call('LINDEX', kept, -1)
    if last then
      prev = string.sub(last, 1, string.find(last, ' ', 1, true) - 1)
    end
  else
    local last = redis.call('XREVRANGE', kept, '+', '-', 'COUNT', 1)
    if last[1] then
      prev = last[1][1]
    else
      -- A topic's log ends of itself, and its fence may outlive it.
      redis.call('HSET', fence, 'bytes', 0)
    end
  end
  local item = position .. ' ' .. prev .. ' ' .. server_ms .. ' ' .. expires_ms .. ' ' .. tail .. '\n'
    .. payload .. ',"time":' .. server_ms .. '}'

  if kind == 'list' then
    redis.call('RPUSH', kept, item)
    redis.call('LTRIM', kept, -tonumber(items_max), -1)
  else
    redis.call('XADD', kept, position, 'item', item)
    local bytes = redis.call('HINCRBY', fence, 'bytes', #item)
    local length = redis.call('XLEN', kept)
    while length > 1 and (length > tonumber(items_max) or bytes > tonumber(bytes_max)) do
      local oldest = redis.call('XRANGE', kept, '-', '+', 'COUNT', 1)[1]
      redis.call('XDEL', kept, oldest[1])
      bytes = redis.call('HINCRBY', fence, 'bytes', -#oldest[2][2])
      length = length - 1
    end
  end
  if kept_ttl ~= '0' then
    redis.call('EXPIRE', kept, kept_ttl)
    if kind == 'stream' then
      redis.call('EXPIRE', fence, kept_ttl)
    end
  end
  redis.call('SET', once, position, 'EX', once_ttl)
  return position, redis.call('PUBLISH', live, item)
end

