-- Makes a gateway the owner of a fallback session, unless another one is.
-- Returns the owner's value: the caller's own if it is the owner now.
local session = KEYS[1] -- string: 'incarnation address' of the gateway that holds the session
local mine    = ARGV[1]
local taken   = ARGV[2] -- what may be overwritten, since nobody lives by it any more; empty for nothing
local ttl     = ARGV[3] -- [s]

local owner = redis.call('GET', session)
if owner and owner ~= taken then
  return owner
end
redis.call('SET', session, mine, 'EX', ttl)
return mine
