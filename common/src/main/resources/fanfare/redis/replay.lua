-- Publishes what another master had accepted, as it was then, unless this master's data has it or it has expired.
-- Returns {position, known, routed}; {'EXPIRED'}; or {'FENCED'} or {'EARLY'} as publish.lua does. Follows pubsub.lua and
-- append.lua.
-- KEYS[1]                               the fence
local once           = KEYS[2]
local kept           = KEYS[3]
local predecessor    = KEYS[4] -- once of what is replayed before this one to the same channel, or of this one again
local highest        = ARGV[shared + 1]
local live           = ARGV[shared + 2] -- pub/sub channel
local tail           = ARGV[shared + 3]
local payload        = ARGV[shared + 4]
local old_generation = ARGV[shared + 5] -- where the other master had put it
local old_sequence   = ARGV[shared + 6]
local server_ms      = ARGV[shared + 7] -- when that master took it
local expires_ms     = ARGV[shared + 8]

local first = call('GET', once)
if first then
  return {first, 1, 0}
end
enter(1, 4, highest)
-- Before the channel is looked at: a master of the past knows nothing about what it lacks.
if fenced then
  return {'FENCED'}
end
if tonumber(now) >= tonumber(expires_ms) then
  return {'EXPIRED'}
end

-- What came after a fail-over is searched for the id, for another publisher may have replayed it. The old generation's
-- last item then says whether the other master's list had reached this one as far as that.
local id = string.match(tail, '^%S+')
local items, place = earlier(kept)
while #items > 0 do
  for i = #items, 1, -1 do
    local generation_there, sequence_there, id_there = string.match(items[i], '^(%d+)%-(%d+) %S+ %d+ %d+ (%S+) ')
    if id_there == id then
      return {generation_there .. '-' .. sequence_there, 1, 0}
    end
    if generation_there == old_generation then
      if tonumber(sequence_there) >= tonumber(old_sequence) then
        return {old_generation .. '-' .. old_sequence, 1, 0}
      end
      items = {}
      break
    end
  end
  if #items > 0 then
    items, place = earlier(kept, place)
  end
end

-- The one before may have been refused a moment ago, by what has ended since.
if is_early(once, predecessor) then
  return {'EARLY'}
end
if foreign then
  open(highest)
end
local position, item = append(once, kept, tail, payload, server_ms, expires_ms)
return {position, 0, call(PUBLISH, live, item)}
