package fanfare.deploy.bench.audience;

import io.vertx.core.json.JsonObject;
import java.util.Arrays;

/** How long messages took from the call that published them to the browser. */
final class Delays {
    private static final int FIRST_ROOM = 1 << 14;

    private long[] nanos = new long[FIRST_ROOM];
    private int count;

    /** Of the last message, on the clock of {@link System#nanoTime}. */
    private long lastNanos;

    void add(long nowNanos, long delayNanos) {
        lastNanos = nowNanos;
        if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, 2 * count);
        }
        nanos[count++] = delayNanos;
    }

    /** What they were since the last time, in milliseconds; zeros if there were none. */
    JsonObject take() {
        Arrays.sort(nanos, 0, count);
        JsonObject json = new JsonObject()
                .put("p50Ms", quantile(0.50))
                .put("p99Ms", quantile(0.99))
                .put("maxMs", quantile(1))
                .put("lastNanos", lastNanos);
        count = 0;
        return json;
    }

    private double quantile(double share) {
        return count == 0 ? 0 : nanos[Math.min(count - 1, (int) (share * count))] / 1e6;
    }
}
