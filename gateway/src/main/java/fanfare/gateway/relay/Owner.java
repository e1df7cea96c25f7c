package fanfare.gateway.relay;

import io.vertx.core.net.HostAndPort;
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
        if (space <= 0) {
            return null;
        }
        String address = value.substring(space + 1);
        HostAndPort parsed = HostAndPort.parseAuthority(address, -1);
        return parsed == null || parsed.port() <= 0 ? null : new Owner(value.substring(0, space), address);
    }
}
