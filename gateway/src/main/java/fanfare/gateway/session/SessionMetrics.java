package fanfare.gateway.session;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** What is counted about sessions, for all event loops of the process; safe on any thread. */
public final class SessionMetrics {
    private final MeterRegistry registry;
    private final Map<String, AtomicInteger> connections = new ConcurrentHashMap<>();
    /** By transport. */
    private final Map<String, List<Count>> deliveries = new ConcurrentHashMap<>();
    /** Bytes of text that wait in the queues of each loop. */
    private final List<Count> queueBytes = new CopyOnWriteArrayList<>();

    private final AtomicInteger farewells = new AtomicInteger();

    public SessionMetrics(MeterRegistry registry) {
        this.registry = registry;
        Gauge.builder("fanfare_queue_bytes", queueBytes, SessionMetrics::sum)
                .description("Bytes of messages that wait for browsers")
                .register(registry);
    }

    /** Sessions of all transports. */
    public int connections() {
        return connections.values().stream().mapToInt(AtomicInteger::get).sum();
    }

    /** Sessions that are closed, of which the browser may not know yet. */
    public AtomicInteger farewells() {
        return farewells;
    }

    /** How many browsers were told to come back elsewhere since the gateway stops. */
    public int toldOfDrain() {
        return (int) askedBackCounter(Departure.REASON).count();
    }

    /** A browser was asked to come back over another connection. */
    void askedBack(String reason) {
        askedBackCounter(reason).increment();
    }

    private Counter askedBackCounter(String reason) {
        return Counter.builder("fanfare_reconnects_asked_total")
                .description("Sessions whose browser was asked to come back over another connection")
                .tag("reason", reason)
                .register(registry);
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

    /** A loop's own count of bytes that wait in its queues. */
    Count queueBytes() {
        Count count = new Count();
        queueBytes.add(count);
        return count;
    }

    /** A loop's own count of messages that went into the queues of a transport's sessions. */
    Count deliveries(String transport) {
        Count count = new Count();
        deliveries
                .computeIfAbsent(transport, name -> {
                    List<Count> all = new CopyOnWriteArrayList<>();
                    FunctionCounter.builder("fanfare_deliveries_total", all, SessionMetrics::sum)
                            .description("Messages put into the queue of a session that wanted them")
                            .tag("transport", name)
                            .register(registry);
                    return all;
                })
                .add(count);
        return count;
    }

    private static double sum(List<Count> counts) {
        return counts.stream().mapToLong(Count::value).sum();
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
