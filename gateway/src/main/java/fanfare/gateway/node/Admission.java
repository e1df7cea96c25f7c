package fanfare.gateway.node;

import fanfare.control.Disconnect;
import fanfare.gateway.auth.Credentials;
import fanfare.gateway.auth.Identity;
import fanfare.gateway.auth.Login;
import fanfare.gateway.auth.LoginListener;
import fanfare.gateway.auth.LoginRefused;
import fanfare.gateway.auth.SiteAuthenticator;
import fanfare.gateway.session.CloseReason;
import fanfare.gateway.session.Hub;
import fanfare.gateway.session.Session;
import fanfare.process.Bugs;
import fanfare.redis.ServerTime;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Lets sessions in: asks the site who they are, enters them into the roster and presence, and puts them out again when
 * the site says so. Confined to the node loop.
 *
 * <p>The order holds without locks: an admission is handed to the session's loop by the node loop, and so is a
 * disconnect; one that comes after the admission therefore finds the session open.
 */
final class Admission {
    private static final System.Logger LOG = System.getLogger(Admission.class.getName());

    /** Spreads the questions about everybody; less than what a session waits for its own [ms]. */
    private static final long RECHECK_WINDOW_MS = 20_000;

    private final SiteAuthenticator authenticator;
    private final Roster roster;
    private final Supplier<ServerTime> serverClock;
    private final Bugs bugs;
    private final Map<Session, Member> members = new HashMap<>();
    /** What is under way of the site's answers about them. */
    private final Map<Session, Future<Login>> asked = new HashMap<>();

    Admission(SiteAuthenticator authenticator, Roster roster, Supplier<ServerTime> serverClock, Bugs bugs) {
        this.authenticator = authenticator;
        this.roster = roster;
        this.serverClock = serverClock;
        this.bugs = bugs;
    }

    /** Asks the site who this is; the session hears the outcome on its own loop. */
    void enter(Session session, Hub hub, Credentials credentials) {
        Member member = new Member(session, hub, serverClock);
        members.put(session, member);
        Future<Login> answer = authenticator.login(credentials, member);
        asked.put(session, answer);
        answer.onComplete(done -> asked.remove(session, answer))
                .onSuccess(login -> {
                    if (members.get(session) != member) {
                        login.release();
                        return;
                    }
                    member.admitted(login);
                    String user = login.identity().user();
                    if (user != null) {
                        roster.enter(user, member);
                    }
                })
                .onFailure(failure -> member.close(reasonOf(failure)));
    }

    /** The session is over. */
    void leave(Session session) {
        Member member = members.remove(session);
        if (member != null) {
            String user = member.user();
            if (user != null) {
                roster.leave(user, member);
            }
            member.release();
        }
    }

    /**
     * Whether other credentials are of the same user and login as the session, or of nobody as it is, by the site's word.
     *
     * @return fails if the site cannot say
     */
    Future<Boolean> isSame(Session session, Credentials credentials) {
        Future<Login> first = asked.get(session);
        return first == null
                ? isSameAsKnown(session, credentials)
                : first.transform(answered -> isSameAsKnown(session, credentials));
    }

    private Future<Boolean> isSameAsKnown(Session session, Credentials credentials) {
        Member member = members.get(session);
        Identity known = member == null ? null : member.identity();
        if (known == null) {
            return Future.succeededFuture(false);
        }
        return authenticator
                .login(credentials, new Passing())
                .map(login -> {
                    Identity said = login.identity();
                    login.release();
                    return Objects.equals(known.user(), said.user()) && Objects.equals(known.session(), said.session());
                })
                .recover(failure -> reasonOf(failure).code() == CloseReason.NOT_LOGGED_IN.code()
                        ? Future.succeededFuture(false)
                        : Future.failedFuture(failure));
    }

    /** The site has put somebody out: also those whose answer is still under way. */
    void disconnect(Disconnect order) {
        authenticator.disconnected(order.user(), order.session());
        roster.disconnect(order);
    }

    /** Somebody may have been put out without our knowing it: everybody is asked about, and hears nothing private till then. */
    void doubt() {
        LOG.log(System.Logger.Level.WARNING, "commands of the site may be lost; asking it about everybody here");
        members.values().forEach(Member::hold);
        authenticator.recheckAll(RECHECK_WINDOW_MS);
    }

    private CloseReason reasonOf(Throwable failure) {
        if (failure instanceof LoginRefused refused) {
            return refused.reason();
        }
        bugs.met("a login", failure);
        return CloseReason.STATE_LOST;
    }

    /** Somebody who only asks and does not stay. */
    private static final class Passing implements LoginListener {
        @Override
        public void ended(CloseReason reason) {}

        @Override
        public void changed(Identity identity) {}
    }
}
