-- Says when the connections of a user began that a gateway has, and hears what the others have said so far.
-- Returns {incarnation, times, ...}.
local crowd       = KEYS[1] -- hash: INCARNATION -> 'time time ...' [ms]
local incarnation = ARGV[1]
local times       = ARGV[2]
local ttl         = ARGV[3] -- [s]

redis.call('HSET', crowd, incarnation, times)
redis.call('EXPIRE', crowd, ttl)
return redis.call('HGETALL', crowd)
