-- What webhook-begin.lua and webhook-mend.lua share, before whose own lines it is put.
local webhook = KEYS[1] -- hash: cursor, token, lossy
local told    = KEYS[2] -- set: USER whom the site takes for online
local events  = KEYS[3] -- stream: type, user
local online  = KEYS[4] -- hash: USER -> number of gateways
local grace   = KEYS[5] -- zset: USER by the moment to call it offline [ms]
local token   = ARGV[1]

-- Who is online: whom a gateway holds or whose grace runs. Both may be true of a user, who then is in it twice.
local function present()
  local users = redis.call('HKEYS', online)
  for _, user in ipairs(redis.call('ZRANGE', grace, 0, -1)) do
    users[#users + 1] = user
  end
  return users
end

