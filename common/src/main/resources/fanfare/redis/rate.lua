-- Takes tokens out of a bucket that fills at a steady rate. More than it can hold is given by a full one, which then
-- owes it.
-- Returns {taken, tokens left, below 0 if owed}; takes nothing unless what is needed is there.
local bucket = KEYS[1] -- string: when the bucket will be full, and when that was said [us]; there is none while it is
local rate   = tonumber(ARGV[1]) -- [tokens/s]
local burst  = tonumber(ARGV[2]) -- tokens in a full bucket
local needed = tonumber(ARGV[3]) -- tokens, 1 or more
local wanted = tonumber(ARGV[4]) -- tokens, as many as needed or more

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local full, said = string.match(redis.call('GET', bucket) or '', '^(%d+) (%d+)$')
full, said = tonumber(full or now), tonumber(said or now)
local function keep()
  redis.call('SET', bucket, string.format('%.0f %.0f', full, now),
    'PX', string.format('%.0f', math.ceil((full - now) / 1000)))
end
if said > now then
  -- The clock went back, or this master's is behind the last one's: nobody shall wait for it to catch up.
  full = full - (said - now)
  keep()
end
full = math.max(now, full)
local tokens = math.floor(burst - (full - now) * rate / 1000000)
if tokens < math.min(needed, burst) then
  return {0, tokens}
end
local taken = math.max(needed, math.min(wanted, tokens))
full = full + taken * 1000000 / rate
keep()
return {taken, tokens - taken}
