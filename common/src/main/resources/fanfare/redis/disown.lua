-- Forgets a fallback session that has ended, unless another gateway has taken it over.
local session = KEYS[1] -- string: 'incarnation address' of the gateway that holds the session
local mine    = ARGV[1]

if redis.call('GET', session) == mine then
  return redis.call('DEL', session)
end
return 0
