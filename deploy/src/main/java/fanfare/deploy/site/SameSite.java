package fanfare.deploy.site;

import fanfare.http.Problem;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.net.URI;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Refuses what another site's page sends. Without it any page open in the developer's browser could publish, or end and
 * begin logins. Programs send neither header and pass.
 */
final class SameSite implements Handler<RoutingContext> {
    private static final Set<String> OURS = Set.of("same-origin", "none");

    @Override
    public void handle(RoutingContext context) {
        String origin = context.request().getHeader("Origin");
        String fetchSite = context.request().getHeader("Sec-Fetch-Site");
        if ((origin != null && !isOurs(origin, context.request().getHeader("Host")))
                || (fetchSite != null && !OURS.contains(fetchSite))) {
            context.fail(Problem.ORIGIN_REFUSED.because("this is for pages of this site"));
        } else {
            context.next();
        }
    }

    private static boolean isOurs(String origin, @Nullable String host) {
        try {
            return host != null && host.equalsIgnoreCase(URI.create(origin).getAuthority());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
