package fanfare.gateway.auth;

import io.vertx.core.http.HttpServerRequest;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which pages may connect. A browser sends its cookies whatever page asks it to, so a page that is not the site's own
 * must not get as far as them. Immutable.
 */
public final class Origins {
    private static final String NULL = "null";

    private final List<String> allowed;

    /** Takes exact origins and patterns such as {@code https://*.example.com}; none means the same host name, any port. */
    public Origins(List<String> allowed) {
        this.allowed =
                allowed.stream().map(origin -> origin.toLowerCase(Locale.ROOT)).toList();
    }

    /** Whether an entry of {@code FANFARE_ALLOWED_ORIGINS} can be used. */
    static boolean isOrigin(String entry) {
        return entry.matches("https?://(\\*\\.)?[A-Za-z0-9.-]+(:\\d{1,5})?|https?://\\[[0-9A-Fa-f:.]+](:\\d{1,5})?");
    }

    /** Whether the page behind a request may connect, by {@code Origin}, else {@code Sec-Fetch-Site} and Referer. */
    public boolean allows(HttpServerRequest request) {
        return allows(
                request.getHeader("Host"),
                request.getHeader("Origin"),
                request.getHeader("Sec-Fetch-Site"),
                request.getHeader("Referer"));
    }

    /** The CORS headers of an answer; {@code null} as an origin is named only where nothing secret is said. */
    public Map<String, String> cors(HttpServerRequest request, boolean nullNamed) {
        String origin = request.getHeader("Origin");
        if (origin == null) {
            return Map.of("Access-Control-Allow-Origin", "*", "Vary", "Origin");
        }
        boolean named = origin.equals(NULL) ? nullNamed : isAllowed(origin, request.getHeader("Host"));
        return named
                ? Map.of(
                        "Access-Control-Allow-Origin",
                        origin,
                        "Access-Control-Allow-Credentials",
                        "true",
                        "Vary",
                        "Origin")
                : Map.of("Vary", "Origin");
    }

    boolean allows(
            @Nullable String host, @Nullable String origin, @Nullable String secFetchSite, @Nullable String referer) {
        if (origin != null) {
            return isAllowed(origin, host);
        }
        boolean otherSite = secFetchSite != null && !secFetchSite.equals("same-origin") && !secFetchSite.equals("none");
        if (otherSite || referer != null) {
            // A browser that hides its origin; its referrer must speak for it.
            String page = referer == null ? null : originOf(referer);
            return page != null && isAllowed(page, host);
        }
        return true;
    }

    private boolean isAllowed(String origin, @Nullable String host) {
        String page = origin.toLowerCase(Locale.ROOT);
        if (!allowed.isEmpty()) {
            return allowed.stream().anyMatch(entry -> matches(entry, page));
        }
        String pageHost = hostOf(page);
        return pageHost != null && host != null && pageHost.equals(hostOf("http://" + host.toLowerCase(Locale.ROOT)));
    }

    private static boolean matches(String entry, String page) {
        int star = entry.indexOf("*.");
        if (star < 0) {
            return entry.equals(page);
        }
        String scheme = entry.substring(0, star);
        String domain = entry.substring(star + 1);
        return page.startsWith(scheme)
                && page.endsWith(domain)
                && page.length() > scheme.length() + domain.length()
                && page.substring(scheme.length(), page.length() - domain.length())
                        .matches("[a-z0-9.-]+");
    }

    private static @Nullable String originOf(String referer) {
        try {
            URI uri = new URI(referer);
            return uri.getHost() == null ? null : uri.getScheme() + "://" + uri.getRawAuthority();
        } catch (URISyntaxException e) {
            return null;
        }
    }

    /** The host name of an origin; null for what is none, a user name and a path in it included. */
    private static @Nullable String hostOf(String origin) {
        try {
            URI uri = new URI(origin);
            boolean plain = uri.getHost() != null
                    && uri.getRawUserInfo() == null
                    && uri.getRawPath().isEmpty()
                    && uri.getRawQuery() == null
                    && uri.getRawFragment() == null
                    && (uri.getScheme().equals("http") || uri.getScheme().equals("https"));
            return plain ? uri.getHost() : null;
        } catch (URISyntaxException e) {
            return null;
        }
    }
}
