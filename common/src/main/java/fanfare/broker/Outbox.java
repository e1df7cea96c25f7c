package fanfare.broker;

import fanfare.channel.Channel;
import fanfare.channel.Position;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
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
    /** What an entry takes beside its payload: an estimate, for a dozen small objects and two short texts [bytes]. */
    static final int ENTRY_BYTES = 512;

    /**
     * An accepted publication.
     *
     * @param serverMs when Redis first took it, on Redis' clock [ms]
     * @param expiresMs when it is no longer worth delivering, on Redis' clock [ms]
     * @param replid identity of the master that accepted it
     */
    public record Entry(Draft draft, Position position, long serverMs, long expiresMs, String replid) {
        private Key key() {
            return new Key(draft.channel(), draft.id());
        }

        private long bytes() {
            return (long) ENTRY_BYTES + draft.payload().length();
        }
    }

    private record Key(Channel channel, String id) {}

    /** An entry and the reading of the ageing clock when it was accepted. */
    private record Kept(Entry entry, long since) {}

    private final LongSupplier bytesMax;
    /** In the order of first acceptance, which replays keep. */
    private final Map<Key, Kept> kept = new LinkedHashMap<>();
    /** What another master than the current one accepted, in the same order. */
    private final Set<Key> owed = new LinkedHashSet<>();
    /** How many of these are under a tag. */
    private final Map<String, Integer> owedByTag = new HashMap<>();
    /** Identity of the master that is reached; the last one's while there is none. */
    private String master = "";
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
        Key key = entry.key();
        Kept before = kept.put(key, new Kept(entry, reading(nowMs)));
        bytes.addAndGet(entry.bytes() - (before == null ? 0 : before.entry().bytes()));
        settle(key);
        if (!entry.replid().equals(master)) {
            owe(key);
        }
        while (bytes.get() > bytesMax.getAsLong()) {
            Iterator<Kept> inOrder = kept.values().iterator();
            Kept oldest = inOrder.next();
            settle(oldest.entry().key());
            inOrder.remove();
            bytes.addAndGet(-oldest.entry().bytes());
            shrunkAt = reading(nowMs);
            windowMs = Math.max(0, Math.min(WINDOW_MS, shrunkAt - oldest.since()));
        }
    }

    /** A connection reached a master. Whatever another one accepted is owed from now on. */
    public void reached(String replid) {
        provedMs = null;
        if (!replid.equals(master)) {
            master = replid;
            owed.clear();
            owedByTag.clear();
            kept.forEach((key, entry) -> {
                if (!entry.entry().replid().equals(replid)) {
                    owe(key);
                }
            });
        }
    }

    /** Identity of the master that was last reached. */
    public String master() {
        return master;
    }

    /** Whether something must be replayed before anything new goes to this bucket. */
    public boolean owes(String tag) {
        return owedByTag.containsKey(tag);
    }

    /** What is to be replayed next, oldest first. It is owed until it is known to be {@link #replayed}. */
    public List<Entry> owed(int max) {
        List<Entry> entries = new ArrayList<>();
        for (Key key : owed) {
            if (entries.size() == max) {
                break;
            }
            entries.add(kept(key).entry());
        }
        return entries;
    }

    /** A master has an entry of another one too, at this place; its time begins anew. */
    public void replayed(Entry entry, Position position, String replid, long nowMs) {
        if (isKept(entry)) {
            accepted(new Entry(entry.draft(), position, entry.serverMs(), entry.expiresMs(), replid), nowMs);
        }
    }

    /** An entry is no longer worth having, or cannot be replayed. */
    public void forget(Entry entry) {
        if (isKept(entry)) {
            settle(entry.key());
            kept.remove(entry.key());
            bytes.addAndGet(-entry.bytes());
        }
    }

    /** Takes out, in their order, the entries of some tags: others are to remember them. */
    public List<Entry> takeOut(Predicate<String> tags) {
        List<Entry> taken = new ArrayList<>();
        kept.values().forEach(each -> {
            if (tags.test(each.entry().draft().tag())) {
                taken.add(each.entry());
            }
        });
        taken.forEach(this::forget);
        return taken;
    }

    /** The current master has taken a write that was sent at {@code sentMs}. */
    public void proved(long sentMs) {
        age = reading(sentMs, 0);
        provedMs = sentMs;
        List<Entry> safe = new ArrayList<>();
        kept.forEach((key, entry) -> {
            if (age - entry.since() >= WINDOW_MS && !owed.contains(key)) {
                safe.add(entry.entry());
            }
        });
        safe.forEach(this::forget);
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
        return kept.size();
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

    private void owe(Key key) {
        if (owed.add(key)) {
            owedByTag.merge(kept(key).entry().draft().tag(), 1, Integer::sum);
        }
    }

    private void settle(Key key) {
        if (!owed.isEmpty() && owed.remove(key)) {
            owedByTag.computeIfPresent(kept(key).entry().draft().tag(), (tag, count) -> count == 1 ? null : count - 1);
        }
    }

    private boolean isKept(Entry entry) {
        Kept there = kept.get(entry.key());
        return there != null
                && there.entry().position().equals(entry.position())
                && there.entry().replid().equals(entry.replid());
    }

    private Kept kept(Key key) {
        Kept there = kept.get(key);
        if (there == null) {
            throw new IllegalStateException("owed, but not kept: " + key);
        }
        return there;
    }
}
