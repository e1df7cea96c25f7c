package fanfare.gateway.auth;

import fanfare.config.Env;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which pages may connect. Browsers attach the site's cookies to requests of any page, WebSocket upgrades included, so
 * without this rule a foreign page could listen in. Immutable.
 */
public final class Origins {
    private static final String SETTING = "FANFARE_ALLOWED_ORIGINS";
    private static final String WILDCARD = "://*.";
    private static final String SAME_ORIGIN = "same-origin";
    /** What a page cannot forge: only its own site, or the user by hand, made the browser send this. */
    private static final Set<String> OWN_SITES = Set.of(SAME_ORIGIN, "none");

    /** @param suffix what the host ends in, with its dot, for a wildcard; else null, and the origin must be equal */
    private record Rule(Origin origin, @Nullable String suffix) {
        boolean allows(Origin page) {
            return suffix == null
                    ? page.equals(origin)
                    : page.scheme().equals(origin.scheme())
                            && page.port() == origin.port()
                            && page.host().endsWith(suffix)
                            && page.host().length() > suffix.length();
        }

        @Override
        public String toString() {
            return suffix == null ? origin.toString() : origin.toString().replace("://", WILDCARD);
        }
    }

    /** Empty means: every page whose host name is the one it connects to. */
    private final List<Rule> rules;

    private Origins(List<Rule> rules) {
        this.rules = List.copyOf(rules);
    }

    public static Origins from(Env env) {
        List<Rule> rules = new ArrayList<>();
        for (String entry : env.list(SETTING, "")) {
            Rule rule = rule(entry);
            if (rule == null) {
                env.mistake(
                        SETTING,
                        "'" + entry + "' is neither an origin such as https://a.example"
                                + " nor a wildcard such as https://*.example.com; a path does not belong to it");
            } else {
                rules.add(rule);
            }
        }
        return new Origins(rules);
    }

    /** The rules as a page's script can read them: origins and wildcards; empty for pages of the same host name. */
    public List<String> patterns() {
        return rules.stream().map(Rule::toString).toList();
    }

    /** Judges a request by its headers. */
    public Verdict check(HttpServerRequest request) {
        HostAndPort authority = request.authority();
        String host = single(request, "Host");
        return check(
                host == null && authority != null ? authority.toString() : host,
                single(request, "Origin"),
                request.getHeader("Sec-Fetch-Site"),
                request.getHeader("Referer"));
    }

    Verdict check(
            @Nullable String host, @Nullable String origin, @Nullable String secFetchSite, @Nullable String referer) {
        if (origin != null) {
            return new Verdict(isAllowed(Origin.parse(origin), host, secFetchSite), origin);
        }
        boolean foreign = secFetchSite != null && !OWN_SITES.contains(secFetchSite);
        if (!foreign && referer == null) {
            return new Verdict(true, null);
        }
        return new Verdict(referer != null && isAllowed(Origin.ofReferrer(referer), host, secFetchSite), null);
    }

    /**
     * A list need not name the gateway itself: what its page for hidden frames asks for is of the gateway's own origin,
     * and that page judges the one around it.
     */
    private boolean isAllowed(@Nullable Origin page, @Nullable String host, @Nullable String secFetchSite) {
        if (page == null) {
            return false;
        }
        boolean own = Objects.equals(page.host(), HostName.of(host));
        return rules.isEmpty()
                ? own
                : (own && SAME_ORIGIN.equals(secFetchSite)) || rules.stream().anyMatch(rule -> rule.allows(page));
    }

    /** Two headers of a kind that comes once are read differently by different programs, so they count as nonsense. */
    private static @Nullable String single(HttpServerRequest request, String name) {
        List<String> values = request.headers().getAll(name);
        return values.isEmpty() ? null : String.join(",", values);
    }

    private static @Nullable Rule rule(String entry) {
        int star = entry.indexOf(WILDCARD);
        if (star < 0) {
            Origin origin = Origin.parse(entry);
            return origin == null ? null : new Rule(origin, null);
        }
        Origin parent = Origin.parse(entry.substring(0, star) + "://" + entry.substring(star + WILDCARD.length()));
        // A wildcard over a whole top-level domain lets everybody in.
        return parent == null || !parent.host().contains(".") || parent.host().startsWith("[")
                ? null
                : new Rule(parent, "." + parent.host());
    }

    /**
     * What the rule says about one request.
     *
     * @param allowed whether the page may open sessions
     * @param origin the {@code Origin} as it was sent
     */
    public record Verdict(boolean allowed, @Nullable String origin) {
        /**
         * Puts the CORS headers on an answer, be it an error.
         *
         * @param open whether the answer holds nothing private ({@code /info}, and any answer to OPTIONS), so that a
         *     page without an origin of its own may read it too
         */
        public void cors(MultiMap headers, boolean open) {
            headers.set(HttpHeaders.VARY, "Origin");
            boolean named = origin != null && (allowed || (open && origin.equals("null")));
            if (named) {
                headers.set(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, origin);
                headers.set(HttpHeaders.ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
                // Not among the few that any page may read; fanfare.js heeds it.
                headers.set(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, HttpHeaders.RETRY_AFTER);
            } else if (origin == null && allowed) {
                headers.set(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, "*");
            }
        }
    }
}
