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
import java.util.concurrent.atomic.AtomicLong;

/** What is counted about sessions, for all event loops of the process; safe on any thread. */
public final class SessionMetrics {
    /** Codes that are counted from the start, so that the first of its kind is seen to be one more. */
    private static final List<CloseReason> EXPECTED = List.of(
            CloseReason.INTERRUPTED,
            CloseReason.ANOTHER_CONNECTION,
            CloseReason.GO_AWAY,
            CloseReason.DRAIN,
            CloseReason.SLOW_CONSUMER,
            CloseReason.OVERLOADED,
            CloseReason.STATE_LOST,
            CloseReason.SITE_UNAVAILABLE,
            CloseReason.NOT_LOGGED_IN,
            CloseReason.SESSION_ENDED,
            CloseReason.DISCONNECTED,
            CloseReason.ORIGIN_REFUSED,
            CloseReason.BAD_MESSAGE,
            CloseReason.TOO_MANY_CONNECTIONS,
            CloseReason.PROTOCOL_NOT_SUPPORTED);

    private final MeterRegistry registry;
    private final ConnectionLog log;
    private final Map<String, AtomicInteger> connections = new ConcurrentHashMap<>();
    private final Map<String, Counter> opens = new ConcurrentHashMap<>();
    /** By transport. */
    private final Map<String, List<Count>> deliveries = new ConcurrentHashMap<>();
    /** Bytes of text that wait in the queues of each loop. */
    private final List<Count> queueBytes = new CopyOnWriteArrayList<>();

    /** Bytes of text that each loop was handed and has not delivered. */
    private final List<AtomicLong> undelivered = new CopyOnWriteArrayList<>();

    private final AtomicInteger farewells = new AtomicInteger();

    public SessionMetrics(MeterRegistry registry, ConnectionLog log) {
        this.registry = registry;
        this.log = log;
        Gauge.builder("fanfare_queue_bytes", queueBytes, SessionMetrics::sum)
                .description("Bytes of messages that wait for browsers")
                .register(registry);
        Gauge.builder("fanfare_undelivered_bytes", undelivered, all -> all.stream()
                        .mapToLong(AtomicLong::get)
                        .sum())
                .description("Bytes of messages that wait for the event loops that deliver them")
                .register(registry);
        EXPECTED.forEach(reason -> closes(reason.code()));
        closes(CloseReason.ABNORMAL);
        askedBackCounter(Departure.REASON);
    }

    /** Has a transport counted from the start. */
    public void expect(String transport) {
        connections(transport);
        opens(transport);
        deliveries(transport);
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

    void opened(String transport) {
        connections(transport).incrementAndGet();
        opens(transport).increment();
    }

    /** A session is over. */
    void ended(ConnectionEnd end) {
        connections(end.transport()).decrementAndGet();
        closes(end.code()).increment();
        log.ended(end);
    }

    private AtomicInteger connections(String transport) {
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

    /** A loop's own count of bytes that it was handed and has not delivered, which others change too. */
    AtomicLong undelivered() {
        AtomicLong bytes = new AtomicLong();
        undelivered.add(bytes);
        return bytes;
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

    private Counter opens(String transport) {
        return opens.computeIfAbsent(transport, name -> Counter.builder("fanfare_connects_total")
                .description("Sessions opened")
                .tag("transport", name)
                .register(registry));
    }

    private Counter closes(int code) {
        // A browser may send any code; only those that mean something become a label.
        boolean known = (code >= 1000 && code <= 1011)
                || code == CloseReason.ANOTHER_CONNECTION.code()
                || code == CloseReason.GO_AWAY.code()
                || (code >= 4000 && code < 4200);
        return Counter.builder("fanfare_closes_total")
                .description("Sessions ended")
                .tag("code", known ? Integer.toString(code) : "other")
                .register(registry);
    }
}
