package fanfare.gateway.auth;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * What the site said to one login's credentials, kept once for all of its sessions: newcomers with the same credentials
 * share it for a few seconds, and one re-check serves all. Confined to the node loop.
 */
final class KeptAnswer {
    private final Credentials credentials;
    private final Set<Login> holders = new LinkedHashSet<>(2);
    private Identity identity;
    /** When the request to which this is the answer was sent, and when the site last answered [ms]. */
    private long askedMs;

    private long answeredMs;
    /** When it must be looked at next: asked again, or forgotten [ms]. */
    private long dueMs;

    KeptAnswer(Credentials credentials, SiteAnswer answer) {
        this.credentials = credentials;
        this.identity = answer.identity();
        this.askedMs = answer.askedMs();
        this.answeredMs = answer.answeredMs();
    }

    Credentials credentials() {
        return credentials;
    }

    Set<Login> holders() {
        return holders;
    }

    Identity identity() {
        return identity;
    }

    long askedMs() {
        return askedMs;
    }

    long answeredMs() {
        return answeredMs;
    }

    long dueMs() {
        return dueMs;
    }

    void due(long ms) {
        dueMs = ms;
    }

    /** Takes a newer answer over; says whether anything a session should know has changed. */
    boolean renew(SiteAnswer answer) {
        boolean changed = !identity.topics().equals(answer.identity().topics());
        identity = answer.identity();
        askedMs = answer.askedMs();
        answeredMs = answer.answeredMs();
        return changed;
    }
}
