package fanfare.gateway.relay;

import fanfare.http.Problem;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.function.Supplier;

/** Lets nobody but other gateways use the relay port: who does may speak for any address. */
public final class RelayGuard implements Handler<RoutingContext> {
    private static final String HANDED_ON = "fanfare.handed-on";

    private final byte[] secret;
    private final Supplier<String> incarnation;
    private final Counter refused;

    /** {@code incarnation} is how this gateway stands in Redis. */
    public RelayGuard(String secret, Supplier<String> incarnation, MeterRegistry metrics) {
        this.incarnation = incarnation;
        this.secret = secret.getBytes(StandardCharsets.US_ASCII);
        this.refused = Counter.builder("fanfare_relay_refused_total")
                .description("Requests on the relay port without the gateways' secret")
                .register(metrics);
    }

    @Override
    public void handle(RoutingContext context) {
        String said = context.request().getHeader(Relay.SECRET);
        if (said != null && MessageDigest.isEqual(said.getBytes(StandardCharsets.UTF_8), secret)) {
            context.response().putHeader(Relay.GATEWAY, incarnation.get());
            context.put(HANDED_ON, true);
            context.next();
        } else {
            refused.increment();
            context.fail(Problem.FORBIDDEN.because("this port is for gateways that share a secret"));
        }
    }

    /** Whether a request came from another gateway. */
    public static boolean isHandedOn(RoutingContext context) {
        return context.get(HANDED_ON, false);
    }

    /** The browser's address, as the gateway says that hands its request on. */
    public static String clientAddress(HttpServerRequest request) {
        String address = request.getHeader(Relay.CLIENT_ADDRESS);
        return address == null ? "0.0.0.0" : address;
    }
}
