package fanfare.deploy.site;

import fanfare.http.Problem;
import io.vertx.core.Handler;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Refuses requests that were sent to a foreign name. A stranger can let a name of theirs point to this machine (DNS
 * rebinding); their page is then of the same origin as this site, and would publish with its key.
 */
final class LoopbackHost implements Handler<RoutingContext> {
    /** Browsers look up nothing below {@code localhost}; the page uses two such names to keep two logins. */
    private static final Pattern LOOPBACK = Pattern.compile("([a-z0-9-]+\\.)*localhost|127(\\.\\d{1,3}){3}|\\[?::1]?");

    static boolean isLoopback(String host) {
        return LOOPBACK.matcher(host.toLowerCase(Locale.ROOT)).matches();
    }

    @Override
    public void handle(RoutingContext context) {
        HostAndPort host = context.request().authority();
        if (host != null && isLoopback(host.host())) {
            context.next();
        } else {
            context.fail(Problem.FORBIDDEN.of("Host", "this demo answers to localhost and loopback addresses only"));
        }
    }
}
