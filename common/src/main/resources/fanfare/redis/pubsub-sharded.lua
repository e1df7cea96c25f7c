-- The commands by which scripts publish in a cluster, and count who hears; it stands before those that do.
local PUBLISH, NUMSUB = 'SPUBLISH', 'SHARDNUMSUB'

