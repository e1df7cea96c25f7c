package fanfare.gateway.auth;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.util.NetUtil;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What one client address may cost. Shared by all event loops, since the connections of one client land on any of them;
 * each change is one atomic step on the address's own entry, so nobody waits for another address.
 */
public final class AddressLimits {
    /** What each limit is; 0 switches it off. */
    public record Limits(int handshakesPerSecondMax, int sessionsMax, int bodyBytesMax) {}

    /** A short rush, such as all tabs of an office after a network outage, is let through [s]. */
    private static final int BURST_S = 5;
    /** Entries that cost nothing any more are looked for when there are this many. */
    private static final int SWEEP_AT = 10_000;

    /** What an address has in use; immutable. {@code handshakes} are those left at {@code atNs}. */
    private record Use(double handshakes, long atNs, int sessions, int bodyBytes) {}

    private final Limits limits;
    private final Map<String, Use> uses = new ConcurrentHashMap<>();
    private final Counter handshakesRefused;
    private final Counter sessionsRefused;
    private final Counter bodiesRefused;
    /** When the entries were last looked through [ns]. */
    private volatile long sweptNs;

    public AddressLimits(Limits limits, MeterRegistry metrics) {
        this.limits = limits;
        this.handshakesRefused = refusals(metrics, "handshakes");
        this.sessionsRefused = refusals(metrics, "sessions");
        this.bodiesRefused = refusals(metrics, "bodies");
        Gauge.builder("fanfare_addresses", uses, Map::size)
                .description("Client addresses that are counted just now")
                .register(metrics);
    }

    /** Counts a handshake; false if there were too many. */
    public boolean handshake(String address, long nowNs) {
        int perSecond = limits.handshakesPerSecondMax();
        if (perSecond == 0) {
            return true;
        }
        sweep(nowNs);
        boolean[] taken = new boolean[1];
        uses.compute(group(address), (key, use) -> {
            Use refilled = refilled(use, nowNs);
            taken[0] = refilled.handshakes() >= 1;
            return taken[0]
                    ? new Use(refilled.handshakes() - 1, nowNs, refilled.sessions(), refilled.bodyBytes())
                    : refilled;
        });
        return counted(taken[0], handshakesRefused);
    }

    /** Counts a session in, until {@link #closed}; false if there are too many. */
    public boolean open(String address) {
        return limits.sessionsMax() == 0 || counted(change(address, 1, 0), sessionsRefused);
    }

    public void closed(String address) {
        if (limits.sessionsMax() != 0) {
            change(address, -1, 0);
        }
    }

    /** Counts a body in that is about to be read, until {@link #releaseBody}; false if too much is pending. */
    public boolean reserveBody(String address, int bytes) {
        return limits.bodyBytesMax() == 0 || counted(change(address, 0, bytes), bodiesRefused);
    }

    public void releaseBody(String address, int bytes) {
        if (limits.bodyBytesMax() != 0) {
            change(address, 0, -bytes);
        }
    }

    private boolean change(String address, int sessions, int bodyBytes) {
        boolean[] done = new boolean[1];
        uses.compute(group(address), (key, use) -> {
            Use current = use == null ? fresh(System.nanoTime()) : use;
            Use changed = new Use(
                    current.handshakes(),
                    current.atNs(),
                    Math.max(0, current.sessions() + sessions),
                    Math.max(0, current.bodyBytes() + bodyBytes));
            boolean tooMuch = (sessions > 0 && changed.sessions() > limits.sessionsMax())
                    || (bodyBytes > 0 && changed.bodyBytes() > limits.bodyBytesMax());
            done[0] = !tooMuch;
            return tooMuch ? current : changed;
        });
        return done[0];
    }

    private Use fresh(long nowNs) {
        return new Use((double) limits.handshakesPerSecondMax() * BURST_S, nowNs, 0, 0);
    }

    private Use refilled(@Nullable Use use, long nowNs) {
        if (use == null) {
            return fresh(nowNs);
        }
        double perSecond = limits.handshakesPerSecondMax();
        double gained = perSecond * (nowNs - use.atNs()) / TimeUnit.SECONDS.toNanos(1);
        return new Use(
                Math.min(perSecond * BURST_S, use.handshakes() + gained), nowNs, use.sessions(), use.bodyBytes());
    }

    private void sweep(long nowNs) {
        long idleNs = TimeUnit.SECONDS.toNanos(BURST_S + 1L);
        if (uses.size() > SWEEP_AT && nowNs - sweptNs > idleNs) {
            sweptNs = nowNs;
            uses.values().removeIf(use -> use.sessions() == 0 && use.bodyBytes() == 0 && nowNs - use.atNs() > idleNs);
        }
    }

    /** Whoever has one IPv6 address has a /64 of them, which therefore counts as one. */
    private static String group(String address) {
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(address);
        if (bytes == null || bytes.length != 16) {
            return address;
        }
        for (int i = 8; i < 16; i++) {
            bytes[i] = 0;
        }
        return NetUtil.bytesToIpAddress(bytes);
    }

    private static boolean counted(boolean granted, Counter refused) {
        if (!granted) {
            refused.increment();
        }
        return granted;
    }

    private static Counter refusals(MeterRegistry metrics, String limit) {
        return Counter.builder("fanfare_address_refusals_total")
                .description("Requests refused because their client address had used up a limit")
                .tag("limit", limit)
                .register(metrics);
    }
}
