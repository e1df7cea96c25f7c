-- Notes how far the site was told of a bucket's events, and whom it takes for online since. Safe to repeat.
-- Returns {'OK'}, or {'FENCED', token} when the bucket is no more the caller's.
local webhook = KEYS[1] -- hash: cursor, token, lossy
local told    = KEYS[2] -- set: USER whom the site takes for online
local token   = ARGV[1]
local cursor  = ARGV[2] -- id of the last event that is done with
local lossy   = ARGV[3] -- '1' if events were lost that the site should have been told of
-- ARGV[4..]               '+USER' told to be online, '-USER' told to be offline

local known = redis.call('HMGET', webhook, 'token', 'cursor')
if known[1] ~= token then
  return {'FENCED', known[1] or '0'}
end
local function parts(id)
  local time, sequence = string.match(id, '^(%d+)%-(%d+)$')
  return tonumber(time), tonumber(sequence)
end
local old_time, old_sequence = parts(known[2])
local new_time, new_sequence = parts(cursor)
if new_time > old_time or new_time == old_time and new_sequence > old_sequence then
  redis.call('HSET', webhook, 'cursor', cursor)
end
if lossy == '1' then
  redis.call('HSET', webhook, 'lossy', '1')
end
for i = 4, #ARGV do
  redis.call(string.sub(ARGV[i], 1, 1) == '+' and 'SADD' or 'SREM', told, string.sub(ARGV[i], 2))
end
return {'OK'}
