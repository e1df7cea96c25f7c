package fanfare.gateway.session;

import fanfare.broker.Evidence;
import fanfare.broker.Reading.Point;
import fanfare.redis.ServerTime;
import org.jspecify.annotations.Nullable;

/**
 * From where on a session hears a channel.
 *
 * @param taken the point's moment on the clocks of all masters
 * @param evidence of a browser that wants to know whether it misses something; null for a newcomer
 */
public record Start(Point point, ServerTime taken, @Nullable Evidence evidence) {
    /** A newcomer, who misses nothing from its acceptance on. */
    static Start fresh(ServerTime since) {
        return new Start(Point.since(since.ms()), since, null);
    }

    /** A newcomer who also wants what is kept. */
    static Start kept(ServerTime since) {
        return new Start(Point.BEGINNING, since, null);
    }

    static Start resumed(Point point, Evidence evidence) {
        return new Start(point, ServerTime.NOWHERE, evidence);
    }
}
