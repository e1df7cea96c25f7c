-- Gives a receipt and the time by which to judge it: {now, field, value, field, value, ...}.
local record = KEYS[1] -- hash

local time = redis.call('TIME')
local all = redis.call('HGETALL', record)
table.insert(all, 1, time[1] .. string.format('%03d', math.floor(tonumber(time[2]) / 1000)))
return all
