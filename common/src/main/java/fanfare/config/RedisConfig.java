package fanfare.config;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
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

    /** A query that names a database; of several the last. */
    private static final Pattern DATABASE = Pattern.compile("(?:.*&)?db=([^&]*)(?:&.*)?");

    /** With the JDK's certificates. */
    public RedisConfig(String url, String prefix) {
        this(url, prefix, "");
    }

    public static RedisConfig from(Env env) {
        String url = env.url("FANFARE_REDIS_URL", DEFAULT_URL);
        List<URI> servers = servers(url);
        if (servers.isEmpty()) {
            env.mistake(
                    "FANFARE_REDIS_URL",
                    "it takes redis://host:port, redis-sentinel://host:port,host:port/name or"
                            + " redis-cluster://host:port,host:port, all with rediss for TLS; in a password / is written %2F, and @ %40");
        } else if (servers.stream().anyMatch(server -> Integer.parseInt(database(server)) != 0)) {
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

    /**
     * Each server; none if the client could not read one of them, which it would say by quoting it, and only when it
     * connects.
     */
    private static List<URI> servers(String url) {
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
            List<URI> read = servers.stream().map(URI::create).toList();
            return read.stream().allMatch(RedisConfig::isUsable) ? read : List.of();
        } catch (IllegalArgumentException e) {
            return List.of(); // An escape that is none, for example.
        }
    }

    private static boolean isUsable(URI server) {
        return server.toString().matches("rediss?://.+")
                && server.getHost() != null
                && server.getPort() != 0
                && server.getPort() <= 65_535
                && database(server).matches("\\d{1,9}");
    }

    /** That which the client would select. */
    private static String database(URI server) {
        if (server.getPath().length() > 1) {
            return server.getPath().substring(1);
        }
        Matcher named = DATABASE.matcher(Objects.requireNonNullElse(server.getQuery(), ""));
        return named.matches() ? named.group(1) : "0";
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
