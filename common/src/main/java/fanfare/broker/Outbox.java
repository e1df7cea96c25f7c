package fanfare.broker;

import fanfare.channel.Position;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.ObjIntConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What Redis has accepted lately, for a master that dies may take some of it along: replication is asynchronous. What one
 * master accepted and another one is reached is <em>owed</em>: it must be replayed there before anything new goes to its
 * bucket, since the order in a bucket is that of the list.
 *
 * <p>Pure: knows no Redis, and time is passed in [ms] on any clock that does not go back. Confined to one event loop, but
 * for the two figures that metrics read.
 *
 * <p>An entry is kept until the master that accepted it has taken writes for {@value #WINDOW_MS} ms more; by then it is
 * either with a replica, or the master has been refusing writes for want of one. Only a write that came through proves
 * that, so the age of entries stands still while there is none, however long a fail-over takes.
 */
public final class Outbox {
    /** For how long a master must go on taking writes before an entry is safe [ms]. */
    static final long WINDOW_MS = 30_000;
    /** Proofs further apart than this say nothing about the time between them: two were due in it [ms]. */
    static final long SILENCE_MS = 6_000;

    /**
     * An accepted publication.
     *
     * @param serverMs when Redis first took it, on Redis' clock [ms]
     * @param expiresMs when it is no longer worth delivering, on Redis' clock [ms]
     * @param replid identity of the master that accepted it
     */
    public record Entry(Draft draft, Position position, long serverMs, long expiresMs, String replid) {}

    private final LongSupplier bytesMax;
    /** In the order of first acceptance, which replays keep; none is empty. */
    private final Deque<OutboxChunk> chunks = new ArrayDeque<>();
    /**
     * Those that have become empty with the last proof or since, to be filled again: new ones all the time would be what a
     * busy publisher's collector has most work with.
     */
    private final Queue<OutboxChunk> spares = new ArrayDeque<>();
    /** Identities of the masters that accepted them, by number; an empty one is that of none. */
    private final List<String> masters = new ArrayList<>(List.of(""));
    /** The number of the master that is reached; the last one's while there is none. What others accepted is owed. */
    private int master;
    /** How many entries are owed under a tag. */
    private final Map<String, Integer> owedByTag = new HashMap<>();

    private int size;
    /** The ageing clock: how long writes have been accepted in all [ms]. */
    private long age;
    /** When the last write was proved; null after a refusal or silence, when time does not count. */
    private @Nullable Long provedMs;
    /** Reading of the ageing clock when memory last ran out. */
    private long shrunkAt = Long.MIN_VALUE / 2;
    /** Read by metrics from other threads. */
    private final AtomicLong bytes = new AtomicLong();

    /** Read by metrics from other threads. */
    private volatile long windowMs = WINDOW_MS;

    /** @param bytesMax beyond it the oldest entries go */
    public Outbox(LongSupplier bytesMax) {
        this.bytesMax = bytesMax;
    }

    /** Redis has accepted a publication, now or when it was first sent. */
    public void accepted(Entry entry, long nowMs) {
        OutboxChunk chunk = chunks.peekLast();
        if (chunk == null || !chunk.hasRoomFor(entry)) {
            chunk = emptyChunk(entry);
            chunks.add(chunk);
        }
        int at = chunk.end();
        int by = number(entry.replid());
        chunk.add(entry, by, reading(nowMs));
        size++;
        bytes.addAndGet(chunk.length(at));
        if (by != master) {
            owe(chunk, entry.draft().tag());
        }
        while (bytes.get() > bytesMax.getAsLong()) {
            OutboxChunk oldest = chunks.element();
            shrunkAt = reading(nowMs);
            windowMs = Math.max(0, Math.min(WINDOW_MS, shrunkAt - oldest.since(oldest.begin())));
            removeFirst(oldest);
        }
    }

    /** A connection reached a master. Whatever another one accepted is owed from now on. */
    public void reached(String replid) {
        provedMs = null;
        if (!replid.equals(master())) {
            master = number(replid);
            owedByTag.clear();
            BitSet known = new BitSet();
            known.set(master);
            for (OutboxChunk chunk : chunks) {
                chunk.owed = 0;
                for (int at = chunk.begin(); at < chunk.end(); at = chunk.next(at)) {
                    if (isOwed(chunk, at)) {
                        owe(chunk, chunk.tag(at));
                        known.set(chunk.master(at));
                    }
                }
            }
            for (int i = 0; i < masters.size(); i++) {
                if (!known.get(i)) {
                    masters.set(i, "");
                }
            }
        }
    }

    /** Identity of the master that was last reached. */
    public String master() {
        return masters.get(master);
    }

    /** Whether something must be replayed before anything new goes to this bucket. */
    public boolean owes(String tag) {
        return owedByTag.containsKey(tag);
    }

    /** What is to be replayed next, oldest first. It is owed until it is known to be {@link #replayed}. */
    public List<Entry> owed(int max) {
        List<Entry> entries = new ArrayList<>();
        for (OutboxChunk chunk : chunks) {
            for (int at = chunk.begin();
                    chunk.owed > 0 && at < chunk.end() && entries.size() < max;
                    at = chunk.next(at)) {
                if (isOwed(chunk, at)) {
                    entries.add(entry(chunk, at));
                }
            }
        }
        return entries;
    }

    /** A master has an owed entry of another one too, at this place; its time begins anew. */
    public void replayed(Entry entry, Position position, String replid, long nowMs) {
        find(entry, (chunk, at) -> {
            chunk.accepted(at, position, number(replid), reading(nowMs));
            if (!isOwed(chunk, at)) {
                settle(chunk, entry.draft().tag());
            }
        });
    }

    /** An owed entry is no longer worth having, or cannot be replayed. */
    public void forget(Entry entry) {
        find(entry, this::forget);
    }

    /** Takes out, in their order, the entries of some tags: others are to remember them. */
    public List<Entry> takeOut(Predicate<String> tags) {
        List<Entry> taken = new ArrayList<>();
        for (OutboxChunk chunk : chunks) {
            for (int at = chunk.begin(); at < chunk.end(); at = chunk.next(at)) {
                if (!chunk.isForgotten(at) && tags.test(chunk.tag(at))) {
                    taken.add(entry(chunk, at));
                    forget(chunk, at);
                }
            }
        }
        return taken;
    }

    /** The current master has taken a write that was sent at {@code sentMs}. */
    public void proved(long sentMs) {
        age = reading(sentMs, 0);
        provedMs = sentMs;
        spares.clear();
        // One that was replayed keeps those behind it a little longer.
        for (OutboxChunk oldest = chunks.peek(); oldest != null && isSafe(oldest); oldest = chunks.peek()) {
            removeFirst(oldest);
        }
        if (age - shrunkAt >= WINDOW_MS) {
            windowMs = WINDOW_MS;
        }
    }

    /** A write was refused or not answered: nothing ages until the next proof, and not for the time before it. */
    public void unproved() {
        provedMs = null;
    }

    /** What the entries take; from any thread. */
    public long bytes() {
        return bytes.get();
    }

    /** For how long entries are kept at present: less than the window if memory ran out lately; from any thread [ms]. */
    public long windowMs() {
        return windowMs;
    }

    public int size() {
        return size;
    }

    /** The ageing clock at a moment after the last proof, as the next proof may find it. */
    private long reading(long nowMs) {
        return reading(nowMs, SILENCE_MS);
    }

    private long reading(long nowMs, long ifSilent) {
        if (provedMs == null) {
            return age;
        }
        long sinceMs = Math.max(0, nowMs - provedMs);
        return age + (sinceMs <= SILENCE_MS ? sinceMs : ifSilent);
    }

    private int number(String replid) {
        if (replid.equals(master())) {
            return master;
        }
        int known = masters.indexOf(replid);
        if (known >= 0) {
            return known;
        }
        for (int i = 0; i < masters.size(); i++) {
            if (i != master && masters.get(i).isEmpty()) {
                masters.set(i, replid);
                return i;
            }
        }
        masters.add(replid);
        return masters.size() - 1;
    }

    private Entry entry(OutboxChunk chunk, int at) {
        return chunk.entry(at, masters.get(chunk.master(at)));
    }

    private boolean isOwed(OutboxChunk chunk, int at) {
        return chunk.master(at) != master && !chunk.isForgotten(at);
    }

    /** Whether its first entry need not be kept any longer. */
    private boolean isSafe(OutboxChunk chunk) {
        int first = chunk.begin();
        return chunk.isForgotten(first) || (age - chunk.since(first) >= WINDOW_MS && !isOwed(chunk, first));
    }

    private void owe(OutboxChunk chunk, String tag) {
        chunk.owed++;
        owedByTag.merge(tag, 1, Integer::sum);
    }

    private void settle(OutboxChunk chunk, String tag) {
        chunk.owed--;
        owedByTag.computeIfPresent(tag, (same, count) -> count == 1 ? null : count - 1);
    }

    private void forget(OutboxChunk chunk, int at) {
        if (isOwed(chunk, at)) {
            settle(chunk, chunk.tag(at));
        }
        size--;
        chunk.forget(at);
    }

    private void removeFirst(OutboxChunk oldest) {
        int first = oldest.begin();
        if (!oldest.isForgotten(first)) {
            forget(oldest, first);
        }
        bytes.addAndGet(-oldest.length(first));
        oldest.removeFirst();
        if (oldest.begin() == oldest.end()) {
            chunks.remove();
            if (oldest.isUsual()) {
                oldest.clear();
                spares.add(oldest);
            }
        }
    }

    private OutboxChunk emptyChunk(Entry first) {
        OutboxChunk spare = spares.poll();
        return spare != null && spare.hasRoomFor(first) ? spare : new OutboxChunk(first);
    }

    /** Looks an owed entry up, which is one of the oldest that are owed unless memory ran out. */
    private void find(Entry entry, ObjIntConsumer<OutboxChunk> found) {
        for (OutboxChunk chunk : chunks) {
            for (int at = chunk.begin(); chunk.owed > 0 && at < chunk.end(); at = chunk.next(at)) {
                if (isOwed(chunk, at)
                        && chunk.isAt(at, entry.position())
                        && entry(chunk, at).equals(entry)) {
                    found.accept(chunk, at);
                    return;
                }
            }
        }
    }
}
