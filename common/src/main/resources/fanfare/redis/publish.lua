-- Gives a publication its place in its channel, keeps it for recovery and hands it to every gateway.
-- Returns {position, duplicate, routed}, or {'FENCED', replid} when another master opened this generation.
local fence     = KEYS[1] -- hash: generation, seq, replid, born; for a log also bytes
local once      = KEYS[2] -- string: the position that this id was first given in this channel
local kept      = KEYS[3] -- list or stream: what is kept of the channel
local kind      = ARGV[1] -- 'list' or 'stream'
local live      = ARGV[2] -- pub/sub channel
local replid    = ARGV[3] -- identity of the master, as the caller's connection read it
local may_open  = ARGV[4] -- '1' if the caller has made sure of that identity after it was told FENCED
local highest   = ARGV[5] -- highest generation that the caller has seen
local random    = ARGV[6] -- 0..999, so that two masters do not open the same generation
local tail      = ARGV[7] -- 'id namespace', the end of the header line
local payload   = ARGV[8] -- the event object without its time and closing brace
local item_ttl  = ARGV[9] -- [ms] how long the publication is worth delivering
local items_max = ARGV[10]
local bytes_max = ARGV[11] -- of a stream
local kept_ttl  = ARGV[12] -- [s] since the last publish; 0: no end
local once_ttl  = ARGV[13] -- [s]

local first = redis.call('GET', once)
if first then
  return {first, 1, 0}
end

local time = redis.call('TIME')
local now = time[1] .. string.format('%03d', math.floor(tonumber(time[2]) / 1000))
local opened = redis.call('HMGET', fence, 'generation', 'replid')
local generation = opened[1]
if opened[2] ~= replid then
  if generation and may_open ~= '1' then
    return {'FENCED', opened[2]}
  end
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
  end
end
local expires = string.format('%.0f', tonumber(now) + tonumber(item_ttl))
local item = position .. ' ' .. prev .. ' ' .. now .. ' ' .. expires .. ' ' .. tail .. '\n'
  .. payload .. ',"time":' .. now .. '}'

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
return {position, 0, redis.call('PUBLISH', live, item)}
