package fanfare.gateway.session;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** What is counted about sessions, for all event loops of the process; safe on any thread. */
public final class SessionMetrics {
    private final MeterRegistry registry;
    private final Map<String, AtomicInteger> connections = new ConcurrentHashMap<>();
    private final Map<String, Counter> deliveries = new ConcurrentHashMap<>();
    /** Bytes of text that wait in all queues. */
    private final LongAdder queueBytes = new LongAdder();

    public SessionMetrics(MeterRegistry registry) {
        this.registry = registry;
        Gauge.builder("fanfare_queue_bytes", queueBytes, LongAdder::sum)
                .description("Bytes of messages that wait for browsers")
                .register(registry);
    }

    /** Sessions of all transports. */
    public int connections() {
        return connections.values().stream().mapToInt(AtomicInteger::get).sum();
    }

    LongAdder queueBytes() {
        return queueBytes;
    }

    AtomicInteger connections(String transport) {
        return connections.computeIfAbsent(transport, name -> {
            AtomicInteger count = new AtomicInteger();
            Gauge.builder("fanfare_connections", count, AtomicInteger::get)
                    .description("Open sessions")
                    .tag("transport", name)
                    .register(registry);
            return count;
        });
    }

    Counter deliveries(String transport) {
        return deliveries.computeIfAbsent(transport, name -> Counter.builder("fanfare_deliveries_total")
                .description("Messages put into the queue of a session that wanted them")
                .tag("transport", name)
                .register(registry));
    }

    void closed(int code) {
        // A browser may send any code; only those that mean something become a label.
        boolean known = (code >= 1000 && code <= 1011)
                || code == CloseReason.ANOTHER_CONNECTION.code()
                || code == CloseReason.GO_AWAY.code()
                || (code >= 4000 && code < 4200);
        Counter.builder("fanfare_closes_total")
                .description("Sessions ended")
                .tag("code", known ? Integer.toString(code) : "other")
                .register(registry)
                .increment();
    }
}
