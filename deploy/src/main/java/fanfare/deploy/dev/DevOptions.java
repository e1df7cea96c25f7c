package fanfare.deploy.dev;

import fanfare.deploy.command.Arguments;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the command line of {@code deploy/dev} asks for. */
record DevOptions(int gateways, RedisKind redis, String redisUrl, Ports ports) {
    static final int GATEWAYS_MAX = 9;
    /** The highest port is the publisher's management port, 9090. */
    private static final int OFFSET_MAX = 65_535 - 9_090;

    /** @throws IllegalArgumentException with one sentence for people */
    static DevOptions parse(List<String> arguments) {
        Arguments given = new Arguments(arguments, "--gateways", "--redis", "--port-offset");
        String redis = given.text("--redis");
        RedisKind kind = kind(redis);
        Ports ports = new Ports(given.number("--port-offset", 0, 0, OFFSET_MAX));
        return new DevOptions(
                given.number("--gateways", 2, 1, GATEWAYS_MAX),
                kind,
                redis == null || kind != RedisKind.GIVEN ? kind.url(ports) : redis(redis),
                ports);
    }

    private static RedisKind kind(@Nullable String redis) {
        if (redis == null) {
            return RedisKind.ALONE;
        }
        return switch (redis) {
            case "sentinel" -> RedisKind.SENTINEL;
            case "cluster" -> RedisKind.CLUSTER;
            default -> RedisKind.GIVEN;
        };
    }

    private static String redis(String url) {
        String rule = "--redis is '" + url + "': it takes sentinel, cluster, or a URL such as redis://127.0.0.1:6379";
        try {
            String scheme = URI.create(url).getScheme();
            if (scheme == null || !scheme.startsWith("redis")) {
                throw new IllegalArgumentException(rule);
            }
        } catch (IllegalArgumentException e) {
            // A list of hosts is no URI, yet a URL that Redis users write.
            if (!url.startsWith("redis-")) {
                throw new IllegalArgumentException(rule, e);
            }
        }
        return url;
    }
}
