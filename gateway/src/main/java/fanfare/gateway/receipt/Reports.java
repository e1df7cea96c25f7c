package fanfare.gateway.receipt;

import fanfare.receipt.Reason;
import fanfare.receipt.Report;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the sessions of one hub have to report, handed to the {@link Collector} at the end of the tick; and which
 * publications their browsers may acknowledge. Confined to the hub's event loop.
 */
public final class Reports {
    /** A connection to which a publication was written; a browser is believed about its own only. */
    private record Expected(String connection, String id) {}

    /** @param apart whether the connection has an entry of its own in the record */
    private record Awaited(Receipt receipt, boolean apart) {}

    /** What was seen of one receipt in this tick. */
    private static final class Sheet {
        final List<Report> reports = new ArrayList<>();
        int written;
        int acknowledged;
        int notDelivered;

        boolean hasCounted() {
            return written + acknowledged + notDelivered > 0;
        }
    }

    private final ReceiptLimits limits;
    private final Collector.Room room;
    private final Consumer<Runnable> atEndOfTick;
    private final Consumer<Map<Receipt, List<Report>>> collector;
    private final LongSupplier clock;
    /** What this tick saw; they stay apart by identity, since a receipt is shared by all who hear a publication together. */
    private Map<Receipt, Sheet> sheets = new LinkedHashMap<>();
    /** What browsers may acknowledge, oldest first. Connections that have ended stay until newer ones push them out. */
    private final Map<Expected, Awaited> awaited = new LinkedHashMap<>();

    /**
     * @param atEndOfTick runs something on this event loop when its current turn is over
     * @param collector takes what a tick saw, on whatever thread it is called
     * @param clock the time [ms]
     */
    public Reports(
            ReceiptLimits limits,
            Collector.Room room,
            Consumer<Runnable> atEndOfTick,
            Consumer<Map<Receipt, List<Report>>> collector,
            LongSupplier clock) {
        this.limits = limits;
        this.room = room;
        this.atEndOfTick = atEndOfTick;
        this.collector = collector;
        this.clock = clock;
    }

    /** The publication has come while so many sessions here were on its channel. */
    public void held(Receipt receipt, int sessions) {
        add(receipt, new Report.Held(receipt.place(), sessions, clock.getAsLong()));
    }

    /** The network has taken it. */
    public void written(Receipt receipt, String connection, String transport, @Nullable String user) {
        boolean apart = receipt.tellsApart();
        if (apart) {
            long now = clock.getAsLong();
            if (!add(receipt, new Report.Written(receipt.place(), connection, transport, user, now))) {
                // What the record does not have as written nobody can have acknowledged.
                return;
            }
        } else {
            sheet(receipt).written++;
        }
        await(new Expected(connection, receipt.id()), new Awaited(receipt, apart));
    }

    public void notDelivered(
            Receipt receipt, String connection, Reason reason, String transport, @Nullable String user) {
        if (receipt.tellsApart()) {
            long now = clock.getAsLong();
            add(receipt, new Report.NotDelivered(receipt.place(), connection, reason, transport, user, now));
        } else {
            sheet(receipt).notDelivered++;
        }
    }

    /** The browser says that its page has had these; what was not written to this connection, or long ago, says nothing. */
    public void acknowledged(String connection, List<String> ids) {
        for (String id : ids) {
            Awaited known = awaited.remove(new Expected(connection, id));
            if (known != null && known.apart()) {
                Receipt receipt = known.receipt();
                add(receipt, new Report.Acknowledged(receipt.place(), connection, clock.getAsLong()));
            } else if (known != null) {
                sheet(known.receipt()).acknowledged++;
            }
        }
    }

    private void await(Expected expected, Awaited what) {
        // Of an id that came on two channels a page has heard the first.
        awaited.putIfAbsent(expected, what);
        if (awaited.size() > limits.acknowledgementsMax()) {
            var oldest = awaited.entrySet().iterator();
            oldest.next();
            oldest.remove();
            room.forgotten();
        }
    }

    /** Whether there was room for it. */
    private boolean add(Receipt receipt, Report report) {
        boolean taken = room.take();
        if (taken) {
            sheet(receipt).reports.add(report);
        }
        return taken;
    }

    private Sheet sheet(Receipt receipt) {
        if (sheets.isEmpty()) {
            atEndOfTick.accept(this::handOver);
        }
        return sheets.computeIfAbsent(receipt, none -> new Sheet());
    }

    private void handOver() {
        Map<Receipt, List<Report>> seen = new LinkedHashMap<>();
        sheets.forEach((receipt, sheet) -> {
            if (sheet.hasCounted() && room.take()) {
                sheet.reports.add(
                        new Report.Counted(receipt.place(), sheet.written, sheet.acknowledged, sheet.notDelivered));
            }
            seen.put(receipt, sheet.reports);
        });
        sheets = new LinkedHashMap<>();
        collector.accept(seen);
    }
}
