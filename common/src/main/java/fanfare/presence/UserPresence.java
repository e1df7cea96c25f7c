package fanfare.presence;

import org.jspecify.annotations.Nullable;

/**
 * Where a user is. In the grace after the last connection a user is online with no connections.
 *
 * @param nodes gateways that hold the user
 * @param since when the oldest of them began to [ms]; null without any
 * @param lastSeen now while connected, else the end of the last connection [ms]; null if there was none in 30 days
 */
public record UserPresence(
        String user, boolean online, int connections, int nodes, @Nullable Long since, @Nullable Long lastSeen) {}
