package fanfare.process;

import java.time.Duration;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;

/** Writes one line into the log in a period, however often there is something to say. Confined to one event loop. */
public final class RareLine {
    private final long periodNs;
    private final LongSupplier nanoTime;
    private long writtenAtNs;
    private int unsaid;

    public RareLine(Duration period, LongSupplier nanoTime) {
        this.periodNs = period.toNanos();
        this.nanoTime = nanoTime;
        this.writtenAtNs = nanoTime.getAsLong() - periodNs;
    }

    /** Has {@code line} written, with how many were not since the last one; or not written, if it is too soon. */
    public void write(IntConsumer line) {
        long now = nanoTime.getAsLong();
        if (now - writtenAtNs < periodNs) {
            unsaid++;
            return;
        }
        line.accept(unsaid);
        writtenAtNs = now;
        unsaid = 0;
    }
}
