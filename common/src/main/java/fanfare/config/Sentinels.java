package fanfare.config;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The sentinels that know where a master is: {@code redis-sentinel://user:password@host:port,host:port/name}.
 *
 * @param credentials {@code user:password@} of the servers, empty for none; a sentinel is told them only if it asks
 * @param servers {@code host:port} of each
 * @param name what the sentinels know the master as
 */
public record Sentinels(String credentials, List<String> servers, String name) {
    private static final Pattern URL =
            Pattern.compile("redis-sentinel://([^@/]*@)?([^@/,:]+:\\d{1,5}(?:,[^@/,:]+:\\d{1,5})*)/([A-Za-z0-9._-]+)");

    /** The sentinels that a URL names; null if it names none. */
    public static @Nullable Sentinels parse(String url) {
        Matcher matcher = URL.matcher(url);
        if (!matcher.matches()) {
            return null;
        }
        String credentials = matcher.group(1);
        return new Sentinels(
                credentials == null ? "" : credentials, List.of(matcher.group(2).split(",")), matcher.group(3));
    }
}
