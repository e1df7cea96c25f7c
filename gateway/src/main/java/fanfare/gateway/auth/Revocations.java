package fanfare.gateway.auth;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who was sent away a moment ago. An answer of the site whose request started before that may speak of a login that is no
 * more, so it does not count. What came first is decided by marks, numbers that only grow, and not by a clock, on which
 * two things may happen at once. Confined to the node loop.
 */
final class Revocations {
    static final int REMEMBERED_MAX = 65_536;

    private record Revocation(long mark, long atMs) {}

    private final long memoryMs;
    /** By {@link User}, {@link Session} or key of a login; the eldest first. */
    private final Map<Object, Revocation> revocations = new LinkedHashMap<>();

    private record User(String user) {}

    private record Session(String user, String session) {}

    private long marks;
    /** Whatever started before this mark is asked again: of whom else it may not be true is not known. */
    private long everybody;

    Revocations(long memoryMs) {
        this.memoryMs = memoryMs;
    }

    /** A place in the order of things, behind everything so far. */
    long mark() {
        return ++marks;
    }

    /** A user was disconnected, or one session of that user. */
    void disconnected(String user, @Nullable String session, long nowMs) {
        add(session == null ? new User(user) : new Session(user, session), nowMs);
    }

    /** The site ended what these credentials stood for. */
    void ended(Credentials.Key key, long nowMs) {
        add(key, nowMs);
    }

    /** Somebody was disconnected, or may have been, and it is not known who. */
    void everybody() {
        everybody = mark();
    }

    /** Whether an answer to a request that started at a mark must be asked for again. */
    boolean isRevoked(Credentials.Key key, Identity identity, long startedMark) {
        String user = identity.user();
        return everybody > startedMark
                || after(startedMark, key)
                || (user != null && after(startedMark, new User(user)))
                || (user != null
                        && identity.session() != null
                        && after(startedMark, new Session(user, identity.session())));
    }

    private boolean after(long startedMark, Object revoked) {
        Revocation revocation = revocations.get(revoked);
        return revocation != null && revocation.mark() > startedMark;
    }

    private void add(Object revoked, long nowMs) {
        revocations.remove(revoked);
        revocations.put(revoked, new Revocation(mark(), nowMs));
        Iterator<Revocation> eldest = revocations.values().iterator();
        while (eldest.hasNext()) {
            Revocation revocation = eldest.next();
            boolean old = nowMs - revocation.atMs() > memoryMs;
            if (!old && revocations.size() <= REMEMBERED_MAX) {
                break;
            }
            if (!old) {
                // For want of room.
                everybody = Math.max(everybody, revocation.mark());
            }
            eldest.remove();
        }
    }
}
