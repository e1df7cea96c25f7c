package fanfare.broker;

import fanfare.channel.Position;

/**
 * What became of a publication: it is stored.
 *
 * @param duplicate the id had been published to this channel before, so nothing was published now
 * @param routed gateways that held the channel at that instant; 0 for a duplicate
 * @param replicated a replica has it too; false as well if none was asked
 */
public record Published(Position position, boolean duplicate, int routed, boolean replicated) {}
