-- Forgets an incarnation of which nothing is left, unless somebody else claimed it or it was given up once more.
-- Returns 1 if it was forgotten.
local node        = KEYS[1] -- string: 'dead END CLAIMANT'
local nodes       = KEYS[2] -- zset: incarnation by the end of its lease [ms]
local incarnation = ARGV[1]
local claimant    = ARGV[2]

local value = redis.call('GET', node)
if value and string.match(value, '^dead %d+ (.*)$') == claimant then
  return redis.call('ZREM', nodes, incarnation)
end
return 0
