package fanfare.publisher.json;

import fanfare.http.Problem;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Room for the bodies of all requests of this process that are not answered yet. One body is bounded, but nothing else says
 * how many may be arriving, half a minute each, or waiting for Redis. Safe on any thread.
 */
public final class BodyRoom {
    /** Where a request keeps how much it has. */
    private static final String KEY = BodyRoom.class.getName();

    /** What the room's last quarter is for, so that large bodies that are slow to come do not keep small ones out. */
    private static final int SMALL_BYTES_MAX = 64 << 10;

    private final long bytesMax;
    /** As far as bodies may fill the room that are not small. */
    private final long largeBytesMax;

    private final AtomicLong bytes = new AtomicLong();
    private final Counter refused;

    public BodyRoom(long bytesMax, MeterRegistry metrics) {
        this.bytesMax = bytesMax;
        // One packed body, and what it unpacks to, find room in any.
        this.largeBytesMax = Math.max(bytesMax / 4 * 3, 2L * JsonBody.BYTES_MAX);
        Gauge.builder("fanfare_body_bytes_pending", bytes, AtomicLong::get)
                .description("Bytes of the bodies of requests that are not answered yet")
                .register(metrics);
        this.refused = Counter.builder("fanfare_bodies_refused_total")
                .description("Requests refused because there was no room for their bodies")
                .register(metrics);
    }

    /**
     * Takes room for so many bytes, which the request gives back when it has been answered or its caller has left.
     *
     * @throws fanfare.http.ProblemException if there is none
     */
    void take(RoutingContext context, int length) {
        AtomicLong known = context.get(KEY);
        AtomicLong taken = known == null ? new AtomicLong() : known;
        boolean small = taken.get() + length <= SMALL_BYTES_MAX;
        if (bytes.addAndGet(length) > (small ? bytesMax : largeBytesMax)) {
            bytes.addAndGet(-length);
            refused.increment();
            throw Problem.UNAVAILABLE.because("there is no room for the body just now");
        }
        taken.addAndGet(length);
        if (known == null) {
            context.put(KEY, taken);
            context.addEndHandler(done -> bytes.addAndGet(-taken.get()));
        }
    }
}
