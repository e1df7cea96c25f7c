package fanfare.gateway.auth;

import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A login with open sessions: the one copy of its credentials, and its next re-check. Only {@link KeptLogins} moves it. */
final class KeptLogin {
    final String key;
    final Credentials credentials;
    /** Those who hold it; empty once it is over. */
    final Set<Login> holders = new LinkedHashSet<>();

    Identity identity;
    /** When the request started that said so, in the order kept by {@link Revocations}. */
    long mark;
    /** When the site last said that all is well. */
    long goodAtMs;
    /** The next re-check; null while one is under way. */
    Schedule.@Nullable Entry due;
    /** Whether a re-check is under way. */
    boolean asking;
    /** Whether it must be asked again as soon as that is over. */
    boolean askAgain;

    KeptLogin(String key, Credentials credentials, Identity identity, long mark, long goodAtMs) {
        this.key = key;
        this.credentials = credentials;
        this.identity = identity;
        this.mark = mark;
        this.goodAtMs = goodAtMs;
    }
}
