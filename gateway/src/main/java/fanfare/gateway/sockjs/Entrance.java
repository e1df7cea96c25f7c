package fanfare.gateway.sockjs;

import fanfare.gateway.auth.AddressLimits;
import fanfare.gateway.auth.Credentials;
import fanfare.gateway.auth.Origins;
import fanfare.gateway.node.Node;
import fanfare.gateway.session.Hub;
import fanfare.gateway.session.Session;
import fanfare.gateway.session.Transport;
import fanfare.http.Problem;
import fanfare.redis.ServerTime;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/** What every newcomer passes, whatever its transport: origin, limits, the moment of acceptance, admission. */
public final class Entrance {
    private final Hub hub;
    private final Node node;
    private final Origins origins;
    private final Function<HttpServerRequest, String> addresses;
    private final AddressLimits limits;
    private final Set<String> siteCookies;
    private final int connectionsMax;
    private final Supplier<String> ids;

    /** One newcomer who may come in: since when nothing may be missing, and what it proves itself with. */
    public record Newcomer(ServerTime start, Credentials credentials) {}

    /** {@code addresses} tells the address of a request's browser. */
    public Entrance(
            Hub hub,
            Node node,
            Origins origins,
            Function<HttpServerRequest, String> addresses,
            AddressLimits limits,
            Set<String> siteCookies,
            int connectionsMax,
            Supplier<String> ids) {
        this.hub = hub;
        this.node = node;
        this.origins = origins;
        this.addresses = addresses;
        this.limits = limits;
        this.siteCookies = siteCookies;
        this.connectionsMax = connectionsMax;
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

    /** Lets a newcomer in, or fails with a problem. */
    public Future<Newcomer> admit(HttpServerRequest request) {
        if (node.isDraining() || node.connections() >= connectionsMax) {
            return Future.failedFuture(Problem.UNAVAILABLE.because("this gateway takes no new connections"));
        }
        Credentials credentials = credentials(request);
        if (!limits.handshake(credentials.clientAddress(), System.nanoTime())) {
            return Future.failedFuture(Problem.TOO_MANY_REQUESTS.because("too many handshakes from your address"));
        }
        if (!limits.open(credentials.clientAddress())) {
            return Future.failedFuture(Problem.TOO_MANY_REQUESTS.because("too many sessions from your address"));
        }
        return node.serverTime().map(start -> new Newcomer(start, credentials));
    }

    /** Undoes {@link #admit} for a newcomer who did not get as far as a session. */
    public void gone(Newcomer newcomer) {
        limits.closed(newcomer.credentials().clientAddress());
    }

    /** Opens the newcomer's session and has the site asked who it is. */
    public Session open(Transport transport, Newcomer newcomer) {
        // Nothing else of the newcomer is kept for as long as the session lives.
        String address = newcomer.credentials().clientAddress();
        Session opened = hub.open(transport, ids.get(), newcomer.start(), session -> {
            limits.closed(address);
            node.leave(session);
        });
        node.enter(opened, hub, newcomer.credentials());
        return opened;
    }
}
