-- Tells what a slot knows of itself; one that is not there is born now, so that its loss will be noticed.
-- Returns {generation, born, now, sequence given last}.
local fence    = KEYS[1] -- hash: generation, seq, replid, born; for a log also bytes
local kept_ttl = ARGV[1] -- [s] from now on, since somebody reckons with the fence; 0: no end

local time = redis.call('TIME')
local now = time[1] .. string.format('%03d', math.floor(tonumber(time[2]) / 1000))
local known = redis.call('HMGET', fence, 'generation', 'born', 'seq')
local born = known[2]
if not born then
  born = now
  redis.call('HSET', fence, 'born', born)
end
if kept_ttl ~= '0' then
  redis.call('EXPIRE', fence, kept_ttl)
end
return {known[1] or '0', born, now, known[3] or '0'}
