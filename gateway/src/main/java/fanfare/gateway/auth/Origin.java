package fanfare.gateway.auth;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a page comes from (RFC 6454), in one spelling.
 *
 * @param scheme http or https
 * @param port the scheme's own where none was named
 */
record Origin(String scheme, String host, int port) {
    private static final Pattern SERIALIZED = Pattern.compile("(?i)(https?)://([^/?#]+)");
    /** A referrer's path and query say nothing about the page's origin. */
    private static final Pattern REFERRER = Pattern.compile("(?i)(https?)://([^/?#]+)([/?#].*)?");

    /** Null for everything that a browser would not write, {@code null} included. */
    static @Nullable Origin parse(String text) {
        return parse(SERIALIZED.matcher(text));
    }

    static @Nullable Origin ofReferrer(String url) {
        return parse(REFERRER.matcher(url));
    }

    private static @Nullable Origin parse(Matcher matcher) {
        if (!matcher.matches()) {
            return null;
        }
        String scheme = matcher.group(1).toLowerCase(Locale.ROOT);
        // User names are refused along with everything else that is no host, so nothing before an @ passes for one.
        HostName.HostAndPort authority = HostName.parse(matcher.group(2));
        if (authority == null) {
            return null;
        }
        return new Origin(scheme, authority.host(), authority.port() < 0 ? ownPort(scheme) : authority.port());
    }

    private static int ownPort(String scheme) {
        return scheme.equals("https") ? 443 : 80;
    }

    /** As browsers write it. */
    @Override
    public String toString() {
        return scheme + "://" + host + (port == ownPort(scheme) ? "" : ":" + port);
    }
}
