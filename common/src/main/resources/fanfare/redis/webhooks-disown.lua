-- Ends a publisher's lease, so that another one tells the site from now on. The token stays, for the next to exceed it.
-- Returns 1 if it was the owner.
local owner = KEYS[1] -- hash: id, until [ms], token
local id    = ARGV[1]

if redis.call('HGET', owner, 'id') ~= id then
  return 0
end
redis.call('HSET', owner, 'until', '0')
return 1
