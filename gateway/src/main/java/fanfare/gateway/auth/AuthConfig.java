package fanfare.gateway.auth;

import fanfare.config.Env;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may connect.
 *
 * @param siteUrl where the site says who a request's cookies are
 * @param siteCookies names of the cookies that it is shown; empty for all
 * @param allowedOrigins origins whose pages may connect; empty for the same host name
 * @param anonymous what becomes of visitors who are not logged in
 * @param trustedProxies whose {@code X-Forwarded-For} counts
 * @param staleMax how long an outage of the site disconnects nobody
 * @param inFlightMax requests to the site at a time
 */
public record AuthConfig(
        URI siteUrl,
        Set<String> siteCookies,
        List<String> allowedOrigins,
        Anonymous anonymous,
        List<ClientAddress.Network> trustedProxies,
        Duration staleMax,
        int inFlightMax,
        AddressLimits.Limits addressLimits) {
    /** Whether visitors without a login hear broadcasts or nothing. */
    public enum Anonymous {
        ALLOW,
        DENY
    }

    public static AuthConfig from(Env env) {
        return new AuthConfig(
                siteUrl(env),
                Set.copyOf(env.list("FANFARE_SITE_COOKIES", "")),
                allowedOrigins(env),
                env.choice("FANFARE_ANONYMOUS", Anonymous.DENY),
                trustedProxies(env),
                env.duration("FANFARE_AUTH_STALE_MAX", Duration.ofHours(1), Duration.ZERO, Duration.ofDays(7)),
                env.integer("FANFARE_AUTH_IN_FLIGHT_MAX", 64, 1, 10_000),
                new AddressLimits.Limits(
                        env.integer("FANFARE_HANDSHAKES_PER_ADDRESS_MAX", 200, 0, 1_000_000),
                        env.integer("FANFARE_SESSIONS_PER_ADDRESS_MAX", 10_000, 0, 10_000_000),
                        env.integer("FANFARE_BODY_BYTES_PER_ADDRESS_MAX", 16 << 20, 0, 1 << 30)));
    }

    private static URI siteUrl(Env env) {
        String name = "FANFARE_SITE_AUTH_URL";
        String text = env.required(name, "the URL at which the site says who a request's cookies are");
        URI url = url(text);
        if (url == null && !text.isEmpty()) {
            env.mistake(name, "it takes a URL such as http://127.0.0.1:8000/push/auth");
        }
        return url == null ? URI.create("http://unset/") : url;
    }

    private static @Nullable URI url(String text) {
        try {
            URI url = new URI(text);
            boolean http = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
            return http && url.getHost() != null ? url : null;
        } catch (URISyntaxException e) {
            return null;
        }
    }

    private static List<String> allowedOrigins(Env env) {
        List<String> origins = env.list("FANFARE_ALLOWED_ORIGINS", "");
        if (!origins.stream().allMatch(Origins::isOrigin)) {
            env.mistake(
                    "FANFARE_ALLOWED_ORIGINS", "it takes a list such as https://www.example.com,https://*.example.org");
        }
        return origins;
    }

    private static List<ClientAddress.Network> trustedProxies(Env env) {
        List<ClientAddress.Network> networks = new ArrayList<>();
        for (String entry : env.list("FANFARE_TRUSTED_PROXIES", "")) {
            ClientAddress.Network network = ClientAddress.Network.parse(entry);
            if (network == null) {
                env.mistake("FANFARE_TRUSTED_PROXIES", "it takes a list of networks such as 10.0.0.0/8,::1");
            } else {
                networks.add(network);
            }
        }
        return List.copyOf(networks);
    }
}
