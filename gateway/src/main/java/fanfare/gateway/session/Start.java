package fanfare.gateway.session;

import fanfare.broker.Reading.Point;
import org.jspecify.annotations.Nullable;

/**
 * From where on a session hears a channel.
 *
 * @param asOfMs when the browser last had everything, on Redis' clock, if it wants to know whether it still has [ms]
 */
public record Start(Point point, @Nullable Long asOfMs) {
    /** A newcomer, who misses nothing from its acceptance on. */
    static Start fresh(long sinceMs) {
        return new Start(Point.since(sinceMs), null);
    }

    static Start resumed(Point point, long asOfMs) {
        return new Start(point, asOfMs);
    }
}
