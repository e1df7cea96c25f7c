package fanfare.broker;

import fanfare.channel.Position;

/**
 * What became of a publication: it is stored.
 *
 * @param duplicate the id had been published to this channel before, so nothing was published now
 * @param routed gateways that held the channel at that instant; 0 for a duplicate
 * @param replicated a replica has it too; false as well if none was asked
 * @param serverMs when Redis first took it, on Redis' clock [ms]
 * @param expiresMs when it is no longer worth delivering, on Redis' clock [ms]
 * @param alike what is stored has this publication's namespace and receipt; false for a duplicate of another one
 */
public record Published(
        Position position,
        boolean duplicate,
        int routed,
        boolean replicated,
        long serverMs,
        long expiresMs,
        boolean alike) {}
