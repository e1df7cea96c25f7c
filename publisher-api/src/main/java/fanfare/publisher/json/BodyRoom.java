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

    private final long bytesMax;
    private final AtomicLong bytes = new AtomicLong();
    private final Counter refused;

    public BodyRoom(long bytesMax, MeterRegistry metrics) {
        this.bytesMax = bytesMax;
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
        if (bytes.addAndGet(length) > bytesMax) {
            bytes.addAndGet(-length);
            refused.increment();
            throw Problem.UNAVAILABLE.because("there is no room for the body just now");
        }
        AtomicLong taken = context.get(KEY);
        if (taken == null) {
            AtomicLong first = new AtomicLong();
            context.addEndHandler(done -> bytes.addAndGet(-first.get()));
            taken = first;
            context.put(KEY, taken);
        }
        taken.addAndGet(length);
    }
}
