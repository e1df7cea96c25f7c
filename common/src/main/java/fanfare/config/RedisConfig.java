package fanfare.config;

import io.vertx.redis.client.impl.RedisURI;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where Redis is and under which prefix everything lies there.
 *
 * @param url {@code redis://} or {@code rediss://}, with user and password if it needs them, or
 *     {@code redis-sentinel://}, see {@link Sentinels}, or {@code redis-cluster://}, see {@link ClusterSeeds}
 * @param caFile PEM, whose certificates are trusted with TLS instead of those that the JDK trusts; empty for the JDK's
 */
public record RedisConfig(String url, String prefix, String caFile) {
    private static final String DEFAULT_URL = "redis://127.0.0.1:6379";
    private static final String PASSWORD_FILE = "FANFARE_REDIS_PASSWORD_FILE";
    /** A URL without a password: scheme, user if there is one, and the rest. */
    private static final Pattern WITHOUT_PASSWORD = Pattern.compile("(redis[a-z-]*://)(?:([^:@/]*)@)?([^@]+)");

    /** With the JDK's certificates. */
    public RedisConfig(String url, String prefix) {
        this(url, prefix, "");
    }

    public static RedisConfig from(Env env) {
        String url = env.url("FANFARE_REDIS_URL", DEFAULT_URL);
        List<RedisURI> servers = read(url);
        if (servers.isEmpty()) {
            env.mistake(
                    "FANFARE_REDIS_URL",
                    "it takes redis://host:port, redis-sentinel://host:port,host:port/name or"
                            + " redis-cluster://host:port,host:port, all with rediss for TLS; in a password / is written %2F, and @ %40");
        } else if (servers.stream().anyMatch(RedisConfig::isOfADatabase)) {
            env.mistake("FANFARE_REDIS_URL", "pub/sub knows no databases; set FANFARE_REDIS_PREFIX instead");
        }
        String password = env.secretFile(PASSWORD_FILE);
        String prefix = env.text("FANFARE_REDIS_PREFIX", "fanfare:");
        if (!prefix.matches("[A-Za-z0-9._:-]{1,64}")) {
            env.mistake("FANFARE_REDIS_PREFIX", "it takes 1 to 64 characters of A-Z a-z 0-9 . _ : -");
        }
        String caFile = env.text("FANFARE_REDIS_CA_FILE", "");
        if (!caFile.isEmpty() && !url.startsWith("rediss")) {
            env.mistake("FANFARE_REDIS_CA_FILE", "FANFARE_REDIS_URL says nothing of TLS: it takes rediss");
        } else if (!caFile.isEmpty() && !Files.isReadable(Path.of(caFile))) {
            env.mistake("FANFARE_REDIS_CA_FILE", "the file cannot be read");
        }
        String whole = password.isEmpty() ? url : withPassword(env, url, password);
        return new RedisConfig(withPlusEscaped(whole), prefix, caFile);
    }

    /** Each server as the client reads it; none if it cannot, which it would say by quoting the URL. */
    private static List<RedisURI> read(String url) {
        Sentinels sentinels = Sentinels.parse(url);
        ClusterSeeds cluster = ClusterSeeds.parse(url);
        List<String> servers = List.of(url);
        if (sentinels != null) {
            servers = sentinels.servers().stream()
                    .map(sentinels::urlWithCredentials)
                    .toList();
        } else if (cluster != null) {
            servers = cluster.servers().stream().map(cluster::url).toList();
        }
        try {
            // The client would take other schemes, no host and port 0 as well.
            return servers.stream()
                            .allMatch(server -> server.matches("rediss?://.+")
                                    && URI.create(server).getHost() != null
                                    && URI.create(server).getPort() != 0)
                    ? servers.stream().map(RedisURI::new).toList()
                    : List.of();
        } catch (IllegalArgumentException e) {
            return List
                    .of(); // An escape that is none, a port beyond 65,535 or a database without a number, for example.
        }
    }

    /** Of one that is not the first: what is published in any of them is heard in all. */
    private static boolean isOfADatabase(RedisURI server) {
        return server.select() != null && server.select() != 0;
    }

    /** In a URL a plus is one, but the client reads user and password as a form's fields, where it is a blank. */
    private static String withPlusEscaped(String url) {
        int end = url.lastIndexOf('@') + 1;
        return url.substring(0, end).replace("+", "%2B") + url.substring(end);
    }

    private static String withPassword(Env env, String url, String password) {
        Matcher matcher = WITHOUT_PASSWORD.matcher(url);
        if (!matcher.matches()) {
            env.mistake(PASSWORD_FILE, "FANFARE_REDIS_URL has a password already");
            return url;
        }
        String user = matcher.group(2) == null ? "" : matcher.group(2);
        return matcher.group(1)
                + user
                + ":"
                + URLEncoder.encode(password, StandardCharsets.UTF_8).replace("+", "%20")
                + "@"
                + matcher.group(3);
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "RedisConfig[" + Env.redacted(url) + ", " + prefix + ", " + caFile + "]";
    }
}
