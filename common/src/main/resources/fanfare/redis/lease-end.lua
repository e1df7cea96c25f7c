-- Ends the lease of a gateway that left and holds nobody, so that nothing has to be reaped.
-- Returns 1 if there was one.
local node        = KEYS[1] -- string: the state of the gateway
local nodes       = KEYS[2] -- zset: incarnation by the end of its lease [ms]
local incarnation = ARGV[1]

redis.call('DEL', node)
return redis.call('ZREM', nodes, incarnation)
