-- Makes up for events that were lost before the site was told of them: what it takes for so and is not so becomes an event.
-- To be called when nothing of the stream is left to tell, and as long as it returns as many as allowed.
-- Returns {'OK', number of events}, or {'FENCED', token} when the bucket is no more the caller's. Follows
-- webhook-bucket.lua.
local users_max = tonumber(ARGV[2]) -- fewer than the stream keeps, or it would lose them again

local known = redis.call('HGET', webhook, 'token')
if known ~= token then
  return {'FENCED', known or '0'}
end
local count = 0
local function note(change, user)
  if count < users_max then
    redis.call('XADD', events, '*', 'type', change, 'user', user)
    count = count + 1
  end
end
local untold = {}
for _, user in ipairs(present()) do
  untold[user] = true
end
for _, user in ipairs(redis.call('SMEMBERS', told)) do
  if untold[user] then
    untold[user] = nil
  else
    note('offline', user)
  end
end
for user in pairs(untold) do
  note('online', user)
end
if count < users_max then
  redis.call('HDEL', webhook, 'lossy')
end
return {'OK', count}
