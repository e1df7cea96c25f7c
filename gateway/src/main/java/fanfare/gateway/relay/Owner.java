package fanfare.gateway.relay;

import org.jspecify.annotations.Nullable;

/**
 * A gateway that holds fallback sessions.
 *
 * @param incarnation under which it lives in Redis
 * @param address of its relay port, {@code host:port}
 */
public record Owner(String incarnation, String address) {
    /** What stands in Redis for it. */
    public String value() {
        return incarnation + " " + address;
    }

    /** Null for what is no owner. */
    static @Nullable Owner parse(String value) {
        int space = value.indexOf(' ');
        return space <= 0 || space == value.length() - 1
                ? null
                : new Owner(value.substring(0, space), value.substring(space + 1));
    }
}
