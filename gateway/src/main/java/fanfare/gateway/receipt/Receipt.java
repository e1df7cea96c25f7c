package fanfare.gateway.receipt;

import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.receipt.ReceiptWriter;
import fanfare.receipt.Report;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** That a receipt was asked for a publication in a channel; shared by all to whom it is delivered, on any thread. */
public final class Receipt {
    private final String id;
    private final String place;
    private final long endMs;
    /** Connections that are told apart so far; of the others Redis could only know that there are so many more. */
    private final AtomicInteger detailed = new AtomicInteger();

    private Receipt(String id, String place, long endMs) {
        this.id = id;
        this.place = place;
        this.endMs = endMs;
    }

    /** The receipt that was asked for an item; null if none was. */
    public static @Nullable Receipt of(Channel channel, Item item) {
        return item.receiptSeconds() == 0
                ? null
                : new Receipt(
                        item.id(),
                        Report.place(channel, item.serverMs()),
                        item.serverMs() + item.receiptSeconds() * 1_000L);
    }

    String id() {
        return id;
    }

    /** Where reports place what they saw, see {@link Report}. */
    String place() {
        return place;
    }

    /** When it is over, on Redis' clock [ms]. */
    long endMs() {
        return endMs;
    }

    /** Whether one more connection is told apart. */
    boolean tellsApart() {
        return detailed.get() < ReceiptWriter.CONNECTIONS_MAX
                && detailed.incrementAndGet() <= ReceiptWriter.CONNECTIONS_MAX;
    }
}
