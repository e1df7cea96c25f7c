package fanfare.gateway.relay;

import fanfare.http.Problem;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** Lets nobody but other gateways use the relay port: who does may speak for any address. */
public final class RelayGuard implements Handler<RoutingContext> {
    private final byte[] secret;
    private final Counter refused;

    public RelayGuard(String secret, MeterRegistry metrics) {
        this.secret = secret.getBytes(StandardCharsets.US_ASCII);
        this.refused = Counter.builder("fanfare_relay_refused_total")
                .description("Requests on the relay port without the gateways' secret")
                .register(metrics);
    }

    @Override
    public void handle(RoutingContext context) {
        String said = context.request().getHeader(Relay.SECRET);
        if (said != null && MessageDigest.isEqual(said.getBytes(StandardCharsets.UTF_8), secret)) {
            context.next();
        } else {
            refused.increment();
            context.fail(Problem.FORBIDDEN.because("this port is for gateways that share a secret"));
        }
    }

    /** The browser's address, as the gateway says that hands its request on. */
    public static String clientAddress(HttpServerRequest request) {
        String address = request.getHeader(Relay.CLIENT_ADDRESS);
        return address == null ? "0.0.0.0" : address;
    }
}
