package fanfare.gateway.auth;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A token bucket for each address, kept as one number: when the bucket will be full again (the generic cell rate
 * algorithm). A handshake moves that moment on by one interval and is refused if it would then be further off than the
 * burst lasts. Whoever's moment has passed is as good as new and is forgotten. Safe on any thread.
 */
final class HandshakeRate {
    /** Seconds' worth of handshakes that may come at once: an office behind one address that reconnects. */
    private static final int BURST_S = 5;
    /** Beyond it newcomers share one bucket: a flood from ever new addresses is slowed, and memory stays bounded. */
    static final int ADDRESSES_MAX = 262_144;

    private static final String OTHERS = "others";
    private static final long SWEEP_PERIOD_NS = TimeUnit.SECONDS.toNanos(5);
    private static final long BURST_NS = TimeUnit.SECONDS.toNanos(BURST_S);

    /** Between two handshakes of a steady client; 0 for no limit. */
    private final long intervalNs;

    private final ConcurrentMap<String, Long> fullAtNs = new ConcurrentHashMap<>();
    /** When the last sweep was, or rather shall have been: whoever moves it on does the sweep. */
    private final AtomicLong sweptAtNs = new AtomicLong();

    HandshakeRate(int perSecondMax) {
        this.intervalNs = perSecondMax == 0 ? 0 : TimeUnit.SECONDS.toNanos(1) / perSecondMax;
    }

    boolean take(String address, long nowNs) {
        if (intervalNs == 0) {
            return true;
        }
        sweep(nowNs);
        boolean known = fullAtNs.size() < ADDRESSES_MAX || fullAtNs.containsKey(address);
        boolean[] granted = {false};
        fullAtNs.compute(known ? address : OTHERS, (key, full) -> {
            // Differences alone are compared, since nanoTime may be negative and may wrap around.
            long from = full == null || full - nowNs < 0 ? nowNs : full;
            granted[0] = from + intervalNs - nowNs <= BURST_NS;
            return granted[0] ? (Long) (from + intervalNs) : full;
        });
        return granted[0];
    }

    int size() {
        return fullAtNs.size();
    }

    private void sweep(long nowNs) {
        long swept = sweptAtNs.get();
        if (Math.abs(nowNs - swept) >= SWEEP_PERIOD_NS && sweptAtNs.compareAndSet(swept, nowNs)) {
            fullAtNs.values().removeIf(full -> full - nowNs <= 0);
        }
    }
}
