package fanfare.config;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The sentinels that know where a master is: {@code redis-sentinel://user:password@host:port,host:port/name}, or
 * {@code rediss-sentinel://} if they and the servers speak TLS.
 *
 * @param scheme {@code redis} or {@code rediss}
 * @param credentials {@code user:password@} of the servers, empty for none; a sentinel is told them only if it asks
 * @param servers {@code host:port} of each
 * @param name what the sentinels know the master as
 */
public record Sentinels(String scheme, String credentials, List<String> servers, String name) {
    private static final Pattern URL = Pattern.compile(
            "(rediss?)-sentinel://([^@/]*@)?([^@/,:]+:\\d{1,5}(?:,[^@/,:]+:\\d{1,5})*)/([A-Za-z0-9._-]+)");

    /** The sentinels that a URL names; null if it names none. */
    public static @Nullable Sentinels parse(String url) {
        Matcher matcher = URL.matcher(url);
        if (!matcher.matches()) {
            return null;
        }
        String credentials = matcher.group(2);
        return new Sentinels(
                matcher.group(1),
                credentials == null ? "" : credentials,
                List.of(matcher.group(3).split(",")),
                matcher.group(4));
    }

    /** The connection string of a sentinel or server, which is told nothing. */
    public String url(String hostAndPort) {
        return scheme + "://" + hostAndPort;
    }

    /** The connection string of one that is told the credentials. */
    public String urlWithCredentials(String hostAndPort) {
        return url(credentials + hostAndPort);
    }
}
