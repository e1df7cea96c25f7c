-- The commands by which scripts publish, and count who hears; it stands before those that do.
local PUBLISH, NUMSUB = 'PUBLISH', 'NUMSUB'

