package fanfare.gateway.sockjs;

import fanfare.gateway.auth.AddressLimits;
import fanfare.gateway.auth.Credentials;
import fanfare.gateway.auth.Origins;
import fanfare.gateway.drain.Drain;
import fanfare.gateway.node.Node;
import fanfare.gateway.session.Hub;
import fanfare.gateway.session.Session;
import fanfare.gateway.session.Transport;
import fanfare.http.Problem;
import fanfare.http.ProblemException;
import fanfare.process.SharedQuestion;
import fanfare.redis.ServerTime;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/** What every newcomer passes, whatever its transport: origin, limits, the moment of acceptance, admission. */
public final class Entrance {
    /** How the id of a SockJS session begins that is to go on where another one ended. */
    private static final String RESUMING_ID = "/resume-";
    /** What whoever asks before it begins a session has in its query if it has nothing to go on from. */
    private static final String NEWCOMER = "newcomer";

    private final Hub hub;
    private final Node node;
    private final Drain drain;
    private final Origins origins;
    private final Function<HttpServerRequest, String> addresses;
    private final AddressLimits limits;
    private final Doorway doorway;
    private final SharedQuestion<ServerTime> serverTime;
    private final Set<String> siteCookies;
    private final Turnstile turnstile;
    private final Supplier<String> ids;

    /** One newcomer who may come in: since when nothing may be missing, and what it proves itself with. */
    public record Newcomer(ServerTime start, Credentials credentials) {}

    /** For the newcomers of one event loop; {@code addresses} tells the address of a request's browser. */
    public Entrance(
            Context loop,
            Hub hub,
            Node node,
            Drain drain,
            Origins origins,
            Function<HttpServerRequest, String> addresses,
            AddressLimits limits,
            Doorway doorway,
            Set<String> siteCookies,
            Turnstile turnstile,
            Supplier<String> ids) {
        this.hub = hub;
        this.node = node;
        this.drain = drain;
        this.origins = origins;
        this.addresses = addresses;
        this.limits = limits;
        this.doorway = doorway;
        this.serverTime = new SharedQuestion<>(loop, node::serverTime);
        this.siteCookies = siteCookies;
        this.turnstile = turnstile;
        this.ids = ids;
    }

    Hub hub() {
        return hub;
    }

    /** What a request proves itself with. */
    Credentials credentials(HttpServerRequest request) {
        return Credentials.of(request, siteCookies, addresses.apply(request));
    }

    String address(HttpServerRequest request) {
        return addresses.apply(request);
    }

    AddressLimits limits() {
        return limits;
    }

    /** Refuses a request that a page of another site made. */
    public void checkOrigin(HttpServerRequest request) {
        if (!origins.check(request).allowed()) {
            throw Problem.ORIGIN_REFUSED.because(
                    "pages of this origin may not connect here; FANFARE_ALLOWED_ORIGINS" + " names those that may");
        }
    }

    /**
     * Refuses to tell a browser how to begin a session if it could not begin one now. Whether it comes back sockjs-client
     * does not say at this point, and to those who do more is allowed; so only who says it is new is judged as such.
     */
    void checkServes(HttpServerRequest request) {
        if (drain.isOn()) {
            throw stopping();
        }
        boolean resumes = !String.valueOf(request.query()).contains(NEWCOMER);
        ProblemException refusal = turnstile.look(resumes, System.nanoTime());
        if (refusal != null) {
            throw refusal;
        }
    }

    /**
     * Whether a browser says that it was here before and wants to go on. Of a SockJS session nothing but its id is known at
     * this point, so fanfare.js says it in that. Whoever claims it wrongly gains a place in a queue.
     */
    private static boolean resumes(HttpServerRequest request) {
        return request.getHeader("Last-Event-ID") != null
                || String.valueOf(request.query()).contains("resume=")
                || String.valueOf(request.path()).contains(RESUMING_ID);
    }

    private static ProblemException stopping() {
        return Problem.UNAVAILABLE.because("this gateway is about to stop; another one takes you");
    }

    /** Lets a newcomer in, or fails with a problem. */
    public Future<Newcomer> admit(HttpServerRequest request) {
        if (drain.isOn()) {
            return Future.failedFuture(stopping());
        }
        Credentials credentials = credentials(request);
        if (!limits.handshake(credentials.clientAddress(), System.nanoTime())) {
            return Future.failedFuture(Problem.TOO_MANY_REQUESTS.because("too many handshakes from your address"));
        }
        if (!limits.open(credentials.clientAddress())) {
            return Future.failedFuture(Problem.TOO_MANY_REQUESTS.because("too many sessions from your address"));
        }
        boolean resumes = resumes(request);
        ProblemException refusal = turnstile.pass(resumes, System.nanoTime());
        if (refusal != null) {
            limits.closed(credentials.clientAddress());
            return Future.failedFuture(refusal);
        }
        return doorway.pass(resumes, serverTime::ask)
                .map(start -> {
                    if (drain.isOn()) {
                        throw stopping();
                    }
                    return new Newcomer(start, credentials);
                })
                .onFailure(refused -> left(credentials.clientAddress()));
    }

    /** Undoes {@link #admit} for a newcomer who did not get as far as a session. */
    public void gone(Newcomer newcomer) {
        left(newcomer.credentials().clientAddress());
    }

    private void left(String address) {
        limits.closed(address);
        turnstile.left();
    }

    /** Opens the newcomer's session and has the site asked who it is. */
    public Session open(Transport transport, Newcomer newcomer) {
        // Nothing else of the newcomer is kept for as long as the session lives.
        String address = newcomer.credentials().clientAddress();
        Session opened = hub.open(transport, ids.get(), newcomer.start(), session -> {
            left(address);
            node.leave(session);
        });
        node.enter(opened, hub, newcomer.credentials());
        return opened;
    }
}
