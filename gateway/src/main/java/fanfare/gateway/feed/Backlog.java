package fanfare.gateway.feed;

import fanfare.channel.Item;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** What arrives while something else must come first, within a budget that all backlogs share. Confined to the node loop. */
final class Backlog {
    /** What all backlogs of a gateway may hold together. */
    static final class Budget {
        private final long bytesMax;
        /** Read by metrics from other threads. */
        private final AtomicLong bytes = new AtomicLong();

        private final Counter overflows;

        Budget(long bytesMax, MeterRegistry metrics) {
            this.bytesMax = bytesMax;
            this.overflows = Counter.builder("fanfare_recovery_overflows_total")
                    .description("Times that a channel was read once more because its buffer did not fit")
                    .register(metrics);
            Gauge.builder("fanfare_recovery_bytes", bytes, AtomicLong::get)
                    .description("Bytes of publications that wait for an older one to be read")
                    .register(metrics);
        }
    }

    private final Budget budget;
    private List<Item> items = new ArrayList<>();
    private long bytes;
    /** Something was dropped, so that what is here would be no use. */
    private boolean overflowed;

    Backlog(Budget budget) {
        this.budget = budget;
    }

    /** Adds an item; if that exceeds the budget, everything is dropped, and what follows too. */
    void add(Item item) {
        if (overflowed) {
            return;
        }
        items.add(item);
        bytes += item.event().length();
        if (budget.bytes.addAndGet(item.event().length()) > budget.bytesMax) {
            drain();
            overflowed = true;
            budget.overflows.increment();
        }
    }

    List<Item> items() {
        return items;
    }

    /** Whether nothing had to be dropped since the last {@link #drain}. */
    boolean isWhole() {
        return !overflowed;
    }

    /** Takes everything out, in the order of its coming, and begins anew. */
    List<Item> drain() {
        List<Item> drained = items;
        items = new ArrayList<>();
        budget.bytes.addAndGet(-bytes);
        bytes = 0;
        overflowed = false;
        return drained;
    }
}
