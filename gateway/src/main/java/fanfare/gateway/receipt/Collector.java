package fanfare.gateway.receipt;

import fanfare.process.Alarm;
import fanfare.receipt.ReceiptWriter;
import fanfare.receipt.ReceiptWriter.Call;
import fanfare.receipt.Report;
import fanfare.redis.Buckets;
import fanfare.redis.Refusal;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Brings what all hubs report to Redis, a fifth of a second's worth at a time. Confined to the node loop.
 *
 * <p>While Redis is away reports wait. A call that was not answered is repeated under its number, by which Redis knows it.
 * Until it is answered its whole bucket waits, since a later number would make it a repeat; the other shards of a cluster
 * get theirs.
 */
public final class Collector {
    private static final System.Logger LOG = System.getLogger(Collector.class.getName());

    private static final Duration FLUSH = Duration.ofMillis(200);
    /** Few enough not to keep Redis from others: it takes some microseconds for each. */
    private static final int REPORTS_PER_CALL = 500;
    /** As soon as so many wait they are sent: a broadcast to thousands must not fill the room for all others. */
    private static final int REPORTS_AT_ONCE = 5_000;
    /** Calls in one flush; what is left goes in the next one. */
    private static final int CALLS_PER_FLUSH = 100;

    /** How many reports may wait, in all hubs and here; may be used on any thread. */
    public static final class Room {
        private final int max;
        private final AtomicInteger taken = new AtomicInteger();
        private final Counter made;
        private final Counter dropped;
        private final Counter forgotten;

        public Room(ReceiptLimits limits, MeterRegistry metrics) {
            this.max = limits.reportsMax();
            this.made = Counter.builder("fanfare_receipt_reports_total")
                    .description("What was seen of publications for which a receipt was asked")
                    .register(metrics);
            this.dropped = Counter.builder("fanfare_receipt_reports_dropped_total")
                    .description("Of these, what receipts lack: too many waited for Redis, or it refused them")
                    .register(metrics);
            this.forgotten = Counter.builder("fanfare_receipt_acknowledgements_forgotten_total")
                    .description(
                            "Publications that a browser can no longer acknowledge, since newer ones took their place")
                    .register(metrics);
            Gauge.builder("fanfare_receipt_reports_waiting", taken, AtomicInteger::get)
                    .description("Reports that wait for Redis")
                    .register(metrics);
        }

        /** Whether there is room for one more report. */
        boolean take() {
            made.increment();
            if (taken.incrementAndGet() <= max) {
                return true;
            }
            taken.decrementAndGet();
            dropped.increment();
            return false;
        }

        void give(int count) {
            taken.addAndGet(-count);
        }

        void lost(int count) {
            dropped.increment(count);
        }

        void forgotten() {
            forgotten.increment();
        }
    }

    /** What waits of the publications with one id. */
    private static final class Pile {
        final String bucket;
        final List<Report> reports = new ArrayList<>();
        long endMs;

        Pile(String id) {
            this.bucket = Buckets.tagOf(id);
        }
    }

    /** Rings for the next flush. */
    private final Alarm alarm;

    private final ReceiptWriter writer;
    private final Room room;
    private final String gateway;
    private final String node;
    private final LongSupplier clock;
    private final Map<String, Pile> piles = new LinkedHashMap<>();
    /** Reports in the piles. */
    private int waiting;
    /** What was sent and not answered yet; it goes first, unchanged. */
    private List<Call> calls = List.of();

    /** Null while no call is under way. */
    private @Nullable Future<Void> underWay;

    private long numbers;

    /**
     * Makes a collector of the current event loop.
     *
     * @param gateway id of this run of the gateway
     * @param node the gateway's name
     * @param clock the one of the reports' times [ms]
     */
    public Collector(Vertx vertx, ReceiptWriter writer, Room room, String gateway, String node, LongSupplier clock) {
        this.alarm = new Alarm(vertx, FLUSH, this::flushOnTime);
        this.writer = writer;
        this.room = room;
        this.gateway = gateway;
        this.node = node;
        this.clock = clock;
    }

    /** Takes what a hub saw in one tick. */
    public void add(Map<Receipt, List<Report>> seen) {
        seen.forEach((receipt, reports) -> {
            Pile pile = piles.computeIfAbsent(receipt.id(), Pile::new);
            pile.endMs = Math.max(pile.endMs, receipt.endMs());
            pile.reports.addAll(reports);
            waiting += reports.size();
        });
        flushMany();
        flushLater();
    }

    /** Sends all that waits; done when Redis has it, or is away or refuses it. */
    public Future<Void> finish() {
        return flush().compose(former -> {
            boolean moves = underWay != null || piles.values().stream().anyMatch(mayGo());
            return moves && writer.isUp() ? finish() : Future.succeededFuture();
        });
    }

    /** Sends what waits, or is done when that has been answered which is under way. */
    private Future<Void> flush() {
        if (underWay != null) {
            return underWay;
        }
        if (!writer.isUp()) {
            return Future.succeededFuture();
        }
        calls = Stream.concat(calls.stream(), nextCalls().stream()).toList();
        if (calls.isEmpty()) {
            return Future.succeededFuture();
        }
        Future<Void> sending = send(calls);
        underWay = sending;
        return sending.onComplete(done -> {
            underWay = null;
            flushMany();
        });
    }

    private void flushLater() {
        if (waiting > 0 || !calls.isEmpty()) {
            alarm.set();
        }
    }

    private void flushOnTime() {
        try {
            flush();
        } finally {
            flushLater();
        }
    }

    private void flushMany() {
        // What was not answered is left to the timer, so that a Redis that refuses is not asked without a pause.
        if (waiting >= REPORTS_AT_ONCE && calls.isEmpty()) {
            flush();
        }
    }

    private Future<Void> send(List<Call> sent) {
        long now = clock.getAsLong();
        List<Future<Void>> answers = sent.stream()
                .map(call -> writer.report(gateway, node, now, call))
                .toList();
        return Future.join(answers).transform(joined -> {
            List<Call> unanswered = new ArrayList<>();
            for (int i = 0; i < sent.size(); i++) {
                answered(sent.get(i), answers.get(i), unanswered);
            }
            calls = unanswered;
            return Future.succeededFuture();
        });
    }

    private void answered(Call call, Future<Void> answer, List<Call> unanswered) {
        if (Refusal.isOrDown(answer.cause())) {
            unanswered.add(call);
            return;
        }
        room.give(call.reports().size());
        if (answer.failed()) {
            room.lost(call.reports().size());
            LOG.log(System.Logger.Level.WARNING, "Redis does not take reports for receipts: {0}", answer.cause());
        }
    }

    /** Which piles are not behind a call that was not answered. */
    private Predicate<Pile> mayGo() {
        Set<String> waits = calls.stream().map(call -> Buckets.tagOf(call.id())).collect(Collectors.toSet());
        return pile -> !waits.contains(pile.bucket);
    }

    private List<Call> nextCalls() {
        List<Call> next = new ArrayList<>();
        Predicate<Pile> mayGo = mayGo();
        var each = piles.entrySet().iterator();
        while (each.hasNext() && next.size() < CALLS_PER_FLUSH) {
            var pile = each.next();
            if (!mayGo.test(pile.getValue())) {
                continue;
            }
            List<Report> reports = pile.getValue().reports;
            waiting -= reports.size();
            for (int from = 0; from < reports.size(); from += REPORTS_PER_CALL) {
                List<Report> some = reports.subList(from, Math.min(reports.size(), from + REPORTS_PER_CALL));
                next.add(new Call(numbers++, pile.getKey(), pile.getValue().endMs, some));
            }
            each.remove();
        }
        return next;
    }
}
