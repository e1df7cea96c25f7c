package fanfare.gateway.drain;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * Whether this gateway is on its way out, and how far. It begins once and does not end: a gateway that was told to stop
 * stops. Parts of the gateway say what they do about it, and what of theirs has to be over before the process may end.
 */
public final class Drain {
    /** After the window: closes that browsers may take their time to read, and what Redis is still to be told [ms]. */
    private static final long LAST_MS = 6_000;

    private static final long NOT_BEGUN = Long.MIN_VALUE;

    private final Slope slope;
    private final LongSupplier clockMs;
    private final List<Runnable> parts = new CopyOnWriteArrayList<>();
    /** What must have come to 0, by the name under which {@link #progress} shows it; filled before the gateway serves. */
    private final Map<String, IntSupplier> left = new LinkedHashMap<>();

    private final IntSupplier told;
    private volatile long begunMs = NOT_BEGUN;
    private volatile boolean leaving;

    /**
     * Makes a drain that has not begun.
     *
     * @param clockMs a clock that only goes forward
     * @param told how many browsers were told so far that they have to go
     */
    public Drain(Duration window, LongSupplier clockMs, IntSupplier told, MeterRegistry metrics) {
        this.slope = new Slope(window);
        this.clockMs = clockMs;
        this.told = told;
        Gauge.builder("fanfare_draining", this, drain -> drain.isOn() ? 1 : 0)
                .description("Whether this gateway is on its way out: 1, or 0")
                .register(metrics);
    }

    /** Has a part of the gateway hear of the begin, on the thread that begins. */
    public void onBegin(Runnable part) {
        parts.add(part);
    }

    /** Has the end wait for something to come to 0; to be said before the gateway serves. */
    public void awaits(String name, IntSupplier count) {
        left.put(name, count);
    }

    public synchronized void begin() {
        if (!isOn()) {
            begunMs = clockMs.getAsLong();
            parts.forEach(Runnable::run);
        }
    }

    public boolean isOn() {
        return begunMs != NOT_BEGUN;
    }

    public Slope slope() {
        return slope;
    }

    /** How long ago it began [ms]; 0 if it has not. */
    public long elapsedMs() {
        long since = begunMs;
        return since == NOT_BEGUN ? 0 : clockMs.getAsLong() - since;
    }

    /** Nobody is left, or whoever is has been waited for long enough. */
    public boolean isOver() {
        return isOn()
                && (left.values().stream().allMatch(count -> count.getAsInt() == 0)
                        || elapsedMs() > slope.window().toMillis() + LAST_MS);
    }

    /** Everybody has gone; what follows is the gateway's own way out. */
    public void leaving() {
        leaving = true;
    }

    /** For people and scripts that watch a roll-out; times in seconds. */
    public JsonObject progress() {
        long windowMs = slope.window().toMillis();
        JsonObject progress = new JsonObject().put("state", leaving ? "leaving" : isOn() ? "draining" : "serving");
        left.forEach((name, count) -> progress.put(name, count.getAsInt()));
        return progress.put("told", told.getAsInt())
                .put("window", windowMs / 1_000.0)
                .put("remaining", Math.max(0, windowMs - elapsedMs()) / 1_000.0);
    }
}
