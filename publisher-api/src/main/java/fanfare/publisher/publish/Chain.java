package fanfare.publisher.publish;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What of a batch goes to one channel: by its id each names the one before, until that is there. */
final class Chain {
    /** The id of what went last; an id that comes again does not count. */
    private @Nullable String last;
    /** What that one had to follow. */
    private @Nullable String before;
    /** Whether the last is no longer under way. */
    private boolean isDone;
    /** All ids but the last; most channels have none. */
    private Set<String> former = Set.of();

    /**
     * The next one leaves. One with an id that went before is told what that one is; it stands where it stood, and others do not
     * follow it.
     *
     * @return the id of what it must follow; null if there is nothing to be waited for
     */
    @Nullable
    String next(String id) {
        String after = isDone ? null : last;
        if (id.equals(last)) {
            return isDone ? null : before;
        }
        if (former.contains(id)) {
            return after;
        }
        if (last != null) {
            former = former.isEmpty() ? new HashSet<>() : former;
            former.add(last);
        }
        last = id;
        before = after;
        isDone = false;
        return after;
    }

    /** One is no longer under way. */
    void done(String id) {
        isDone |= id.equals(last);
    }
}
