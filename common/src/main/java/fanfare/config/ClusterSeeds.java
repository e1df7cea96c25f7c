package fanfare.config;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Servers of a Redis Cluster that tell which others there are: {@code redis-cluster://user:password@host:port,host:port},
 * or {@code rediss-cluster://} if they speak TLS.
 *
 * @param scheme {@code redis} or {@code rediss}
 * @param credentials {@code user:password@} of all servers, empty for none
 * @param servers {@code host:port} of each
 */
public record ClusterSeeds(String scheme, String credentials, List<String> servers) {
    private static final Pattern URL =
            Pattern.compile("(rediss?)-cluster://([^@/]*@)?([^@/,:]+:\\d{1,5}(?:,[^@/,:]+:\\d{1,5})*)/?");

    /** The servers that a URL names; null if it names no cluster. */
    public static @Nullable ClusterSeeds parse(String url) {
        Matcher matcher = URL.matcher(url);
        if (!matcher.matches()) {
            return null;
        }
        String credentials = matcher.group(2);
        return new ClusterSeeds(
                matcher.group(1),
                credentials == null ? "" : credentials,
                List.of(matcher.group(3).split(",")));
    }

    /** The connection string of a server of the cluster. */
    public String url(String hostAndPort) {
        return scheme + "://" + credentials + hostAndPort;
    }
}
