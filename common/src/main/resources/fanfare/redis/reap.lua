-- Takes a dead incarnation out of one page of a bucket. Safe to repeat: who deletes the field counts down.
-- Returns the cursor of the next page, '0' after the last.
local presence    = KEYS[1] -- hash: USER|INCARNATION -> 'since count'
local online      = KEYS[2] -- hash: USER -> number of gateways
local grace       = KEYS[3] -- zset: USER by the moment to call it offline [ms]
local seen        = KEYS[4] -- zset: USER by the end of the last connection [ms]
local events      = KEYS[5] -- stream: type, user
local incarnation = ARGV[1]
local ended       = ARGV[2] -- [ms] when its lease did
local cursor      = ARGV[3]
local page_size   = ARGV[4]
local events_max  = ARGV[5]

local page = redis.call('HSCAN', presence, cursor, 'MATCH', '*|' .. incarnation, 'COUNT', page_size)
for i = 1, #page[2], 2 do
  local field = page[2][i]
  if redis.call('HDEL', presence, field) == 1 then
    local user = string.sub(field, 1, -#incarnation - 2)
    redis.call('ZADD', seen, 'GT', ended, user)
    if redis.call('HINCRBY', online, user, -1) <= 0 then
      redis.call('HDEL', online, user)
      -- In its grace, which a living gateway began, the user is called offline by the sweep.
      if not redis.call('ZSCORE', grace, user) then
        redis.call('XADD', events, 'MAXLEN', '~', events_max, '*', 'type', 'offline', 'user', user)
      end
    end
  end
end
return page[1]
