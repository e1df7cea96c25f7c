package fanfare.gateway.feed;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Where the counters of tags stood when all channels under them were last compared with Redis. */
final class Quiet {
    private final Map<String, String> counters = new HashMap<>();
    private int term;

    /** Changes whenever all is forgotten; what is begun in one term does not count in the next. */
    int term() {
        return term;
    }

    /** Whether nothing was published under a tag since. */
    boolean isQuiet(String tag, String counter) {
        return counter.equals(counters.get(tag));
    }

    /** All channels under a tag are compared, or are about to be, with what Redis had when its counter stood there. */
    void compared(String tag, String counter, int since) {
        if (since == term) {
            counters.put(tag, counter);
        }
    }

    /** Forgets all tags but these. */
    void keep(Set<String> followed) {
        counters.keySet().retainAll(followed);
    }

    void forget() {
        counters.clear();
        term++;
    }
}
