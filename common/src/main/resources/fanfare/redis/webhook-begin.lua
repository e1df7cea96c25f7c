-- Makes a bucket the new owner's: what a former one still has under way is refused from now on. In a bucket that nobody was
-- told of, the telling begins at the present: with who is online now and with what comes now.
-- Returns {'GOING', cursor, lossy}, {'NEW', cursor, '0'}, or {'FENCED', token} when there is a later owner. Follows
-- webhook-bucket.lua.

local known = redis.call('HMGET', webhook, 'token', 'cursor', 'lossy')
if known[1] and tonumber(known[1]) > tonumber(token) then
  return {'FENCED', known[1]}
end
redis.call('HSET', webhook, 'token', token)
if known[2] then
  return {'GOING', known[2], known[3] or '0'}
end
local newest = redis.call('XREVRANGE', events, '+', '-', 'COUNT', 1)[1]
-- An empty stream gets an entry that tells nothing, so that the loss of what follows it can be noticed.
local cursor = newest and newest[1] or redis.call('XADD', events, '*', 'type', 'start')
redis.call('HSET', webhook, 'cursor', cursor)
redis.call('DEL', told)
for _, user in ipairs(present()) do
  redis.call('SADD', told, user)
end
return {'NEW', cursor, '0'}
