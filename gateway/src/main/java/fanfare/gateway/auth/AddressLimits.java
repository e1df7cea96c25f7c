package fanfare.gateway.auth;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.util.NetUtil;

/**
 * What one client address may have at one time, so that one that misbehaves costs the others nothing. IPv6 clients count
 * by /64, since each has as many addresses as it likes.
 *
 * <p>Safe on any thread: the browsers of one address are spread over all event loops, and a limit a loop would be as many
 * times the limit as there are processors. Each count is changed in one atomic step of its map; nothing is held meanwhile.
 */
public final class AddressLimits {
    private static final int IPV6_BITS = 64;

    private final HandshakeRate handshakes;
    private final Tally sessions;
    private final Tally bodies;
    private final Counter handshakesRefused;
    private final Counter sessionsRefused;
    private final Counter bodiesRefused;

    /**
     * @param handshakesMax a second; 0 for no limit, here and below
     * @param sessionsMax open at one time
     * @param bodyBytesMax of request bodies and WebSocket messages that have not arrived in full
     */
    public AddressLimits(int handshakesMax, int sessionsMax, int bodyBytesMax, MeterRegistry metrics) {
        this.handshakes = new HandshakeRate(handshakesMax);
        this.sessions = new Tally(sessionsMax);
        this.bodies = new Tally(bodyBytesMax);
        Gauge.builder("fanfare_body_bytes_pending", bodies, Tally::total)
                .description("Bytes of request bodies and WebSocket messages that have not come in full")
                .register(metrics);
        this.handshakesRefused = refusals(metrics, "handshakes");
        this.sessionsRefused = refusals(metrics, "sessions");
        this.bodiesRefused = refusals(metrics, "bodies");
    }

    /** Whether the address may begin another session now, on {@link System#nanoTime}'s clock. */
    public boolean handshake(String address, long nowNs) {
        return counted(handshakes.take(client(address), nowNs), handshakesRefused);
    }

    /** Takes a place for an open session; if it was given, {@link #closed} gives it back. */
    public boolean open(String address) {
        return counted(sessions.add(client(address), 1), sessionsRefused);
    }

    public void closed(String address) {
        sessions.remove(client(address), 1);
    }

    /** Takes room for bytes of a body or message; if it was given, {@link #releaseBody} gives it back. */
    public boolean reserveBody(String address, int bytes) {
        return counted(bodies.add(client(address), bytes), bodiesRefused);
    }

    public void releaseBody(String address, int bytes) {
        bodies.remove(client(address), bytes);
    }

    /** Addresses that are remembered just now. */
    int size() {
        return handshakes.size() + sessions.size() + bodies.size();
    }

    private static String client(String address) {
        byte[] bytes = IpRange.address(address);
        return bytes == null || bytes.length == 4
                ? address
                : NetUtil.bytesToIpAddress(IpRange.masked(bytes, IPV6_BITS));
    }

    private static boolean counted(boolean granted, Counter refused) {
        if (!granted) {
            refused.increment();
        }
        return granted;
    }

    private static Counter refusals(MeterRegistry metrics, String limit) {
        return Counter.builder("fanfare_address_refusals_total")
                .description("Refusals because one client address had reached a limit")
                .tag("limit", limit)
                .register(metrics);
    }
}
