package fanfare.gateway.auth;

import fanfare.config.Env;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What an operator may set about who is let in.
 *
 * @param siteAuthUrl where the site says who a browser is
 * @param siteCookies names of the cookies that the site sees; empty for all
 * @param handshakesPerAddressMax a second; 0 for no limit, here and below
 */
public record AuthConfig(
        URI siteAuthUrl,
        Set<String> siteCookies,
        Origins origins,
        AnonymousPolicy anonymous,
        ClientAddress clientAddress,
        ProxyProtocol proxyProtocol,
        AuthLimits limits,
        int handshakesPerAddressMax,
        int sessionsPerAddressMax,
        int bodyBytesPerAddressMax) {
    private static final String URL = "FANFARE_SITE_AUTH_URL";
    private static final String COOKIES = "FANFARE_SITE_COOKIES";
    /** RFC 6265, 4.1.1: a token. */
    private static final Pattern COOKIE_NAME = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}");

    public static AuthConfig from(Env env) {
        ClientAddress clientAddress = ClientAddress.from(env);
        return new AuthConfig(
                url(env),
                cookies(env),
                Origins.from(env),
                env.choice("FANFARE_ANONYMOUS", AnonymousPolicy.DENY),
                clientAddress,
                ProxyProtocol.from(env, clientAddress),
                AuthLimits.of(
                        env.integer("FANFARE_AUTH_IN_FLIGHT_MAX", AuthLimits.IN_FLIGHT_MAX_DEFAULT, 1, 10_000),
                        env.duration(
                                "FANFARE_AUTH_STALE_MAX",
                                AuthLimits.STALE_MAX_DEFAULT,
                                Duration.ofSeconds(10),
                                Duration.ofDays(7))),
                env.integer("FANFARE_HANDSHAKES_PER_ADDRESS_MAX", 200, 0, 1_000_000),
                env.integer("FANFARE_SESSIONS_PER_ADDRESS_MAX", 10_000, 0, 10_000_000),
                env.integer("FANFARE_BODY_BYTES_PER_ADDRESS_MAX", 16 << 20, 0, 1 << 30));
    }

    /** The limits per client address, for all event loops of a gateway to share. */
    public AddressLimits addressLimits(MeterRegistry metrics) {
        return new AddressLimits(handshakesPerAddressMax, sessionsPerAddressMax, bodyBytesPerAddressMax, metrics);
    }

    /** What browsers' connections begin with, for all event loops of a gateway to share. */
    public ProxyHeads proxyHeads(MeterRegistry metrics) {
        return new ProxyHeads(proxyProtocol, clientAddress, metrics);
    }

    private static URI url(Env env) {
        env.required(URL, "the site's endpoint that says who a browser is, such as http://site/push/auth");
        URI url = env.webUrl(URL);
        return url == null ? URI.create("") : url;
    }

    private static Set<String> cookies(Env env) {
        Set<String> names = new LinkedHashSet<>(env.list(COOKIES, ""));
        for (String name : names) {
            if (!COOKIE_NAME.matcher(name).matches()) {
                env.mistake(COOKIES, "'" + name + "' is no name of a cookie");
            }
        }
        return Set.copyOf(names);
    }
}
