package fanfare.gateway.auth;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Positive answers of the last seconds, since a browser that loads a page opens several connections. Node loop only. */
final class AnswerCache {
    /** With 32 topics of 64 characters each it is 2 KB an entry, so this bounds the cache to some 32 MB. */
    private static final int ENTRIES_MAX = 16_384;

    /** @param mark when the request started that this answers, in the order kept by {@link Revocations} */
    record Entry(Identity identity, long mark, long answeredAtMs) {}

    private final long ttlMs;
    /** By key of the credentials; in the order of their answers, which is the order in which they end. */
    private final Map<Credentials.Key, Entry> entries = new LinkedHashMap<>();

    AnswerCache(long ttlMs) {
        this.ttlMs = ttlMs;
    }

    @Nullable
    Entry get(Credentials.Key key, long nowMs) {
        dropOld(nowMs);
        return entries.get(key);
    }

    void put(Credentials.Key key, Entry entry) {
        entries.remove(key);
        entries.put(key, entry);
        if (entries.size() > ENTRIES_MAX) {
            entries.remove(entries.keySet().iterator().next());
        }
    }

    void remove(Credentials.Key key) {
        entries.remove(key);
    }

    void dropOld(long nowMs) {
        var eldest = entries.values().iterator();
        while (eldest.hasNext() && nowMs - eldest.next().answeredAtMs() >= ttlMs) {
            eldest.remove();
        }
    }
}
