package fanfare.gateway.auth;

import java.util.Comparator;
import java.util.NavigableSet;
import java.util.TreeSet;

/** What is to be done later, ordered by time, so that one timer serves any number of logins. Confined to the node loop. */
final class Schedule {
    /** @param number tells entries of the same millisecond apart, in the order in which they came */
    record Entry(long atMs, long number, Runnable action) {}

    private final NavigableSet<Entry> entries =
            new TreeSet<>(Comparator.comparingLong(Entry::atMs).thenComparingLong(Entry::number));
    private long numbers;

    Entry at(long atMs, Runnable action) {
        Entry entry = new Entry(atMs, numbers++, action);
        entries.add(entry);
        return entry;
    }

    void cancel(Entry entry) {
        entries.remove(entry);
    }

    /** Does what is due. */
    void run(long nowMs) {
        while (!entries.isEmpty() && entries.first().atMs() <= nowMs) {
            entries.pollFirst().action().run();
        }
    }
}
