package fanfare.gateway.node;

import fanfare.gateway.auth.Identity;
import fanfare.gateway.auth.Login;
import fanfare.gateway.auth.LoginListener;
import fanfare.gateway.session.CloseReason;
import fanfare.gateway.session.Hub;
import fanfare.gateway.session.Session;
import fanfare.redis.ServerTime;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A session as the node loop sees it: whom it belongs to and how to reach it on its own loop. */
final class Member implements LoginListener {
    private final Session session;
    private final Hub hub;
    /** Redis' clock, for topics joined later. */
    private final Supplier<ServerTime> serverClock;

    /** Null until the site has answered. */
    private @Nullable Login login;
    /** Its place among the connections of its user on all gateways, on Redis' clock [ms]; 0 before it entered the roster. */
    private long enteredMs;

    Member(Session session, Hub hub, Supplier<ServerTime> serverClock) {
        this.session = session;
        this.hub = hub;
        this.serverClock = serverClock;
    }

    String connection() {
        return session.connection();
    }

    @Nullable
    Identity identity() {
        return login == null ? null : login.identity();
    }

    @Nullable
    String user() {
        Identity identity = identity();
        return identity == null ? null : identity.user();
    }

    long enteredMs() {
        return enteredMs;
    }

    void entered(long ms) {
        enteredMs = ms;
    }

    void admitted(Login granted) {
        login = granted;
        Identity identity = granted.identity();
        hub.execute(() -> session.admitted(identity));
    }

    void release() {
        if (login != null) {
            login.release();
        }
    }

    void close(CloseReason reason) {
        hub.execute(() -> session.close(reason));
    }

    /** What is private waits until the site has been asked once more. */
    void hold() {
        if (login != null) {
            hub.execute(session::hold);
        }
    }

    @Override
    public void rechecked() {
        hub.execute(session::release);
    }

    @Override
    public void ended(CloseReason reason) {
        close(reason);
    }

    @Override
    public void changed(Identity identity) {
        ServerTime now = serverClock.get();
        hub.execute(() -> session.changed(identity, now));
    }
}
