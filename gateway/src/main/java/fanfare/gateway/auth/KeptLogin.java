package fanfare.gateway.auth;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A login with open sessions: the one copy of its credentials, and its next re-check. Only {@link KeptLogins} moves it. */
final class KeptLogin extends Schedule.Task {
    final Credentials.Key key;
    final Credentials credentials;
    private final KeptLogins logins;
    /** Those who hold it; empty once it is over. */
    private Set<Login> holders = Set.of();

    Identity identity;
    /** When the request started that said so, in the order kept by {@link Revocations}. */
    long mark;
    /** When the site first had nothing to say after its last good answer; null if that answer was its last one. */
    @Nullable
    Long outageSinceMs;

    /** Whether its sessions wait to hear that the site was asked once more. */
    boolean inDoubt;
    /** Whether a re-check is under way. */
    boolean asking;
    /** Whether it must be asked again as soon as that is over. */
    boolean askAgain;

    KeptLogin(KeptLogins logins, Credentials.Key key, Credentials credentials, Identity identity, long mark) {
        this.logins = logins;
        this.key = key;
        this.credentials = credentials;
        this.identity = identity;
        this.mark = mark;
    }

    @Override
    void run() {
        logins.recheck(this);
    }

    boolean isHeld() {
        return !holders.isEmpty();
    }

    List<Login> holders() {
        return List.copyOf(holders);
    }

    /** One holder is all there is of nearly every login, so it takes no table. */
    Login holdFor(LoginListener listener) {
        Login login = new Login(this, listener);
        if (holders.isEmpty()) {
            holders = Collections.singleton(login);
        } else {
            if (holders.size() == 1) {
                holders = new LinkedHashSet<>(holders);
            }
            holders.add(login);
        }
        return login;
    }

    void release(Login login) {
        if (holders.contains(login)) {
            if (holders.size() == 1) {
                holders = Set.of();
                logins.forget(this);
            } else {
                holders.remove(login);
            }
        }
    }

    /** It is over; says who held it. */
    List<Login> end() {
        List<Login> last = holders();
        holders = Set.of();
        return last;
    }
}
