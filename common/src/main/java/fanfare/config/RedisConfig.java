package fanfare.config;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where Redis is and under which prefix everything lies there.
 *
 * @param url {@code redis://} or {@code rediss://}, with user and password if it needs them, or
 *     {@code redis-sentinel://}, see {@link Sentinels}
 */
public record RedisConfig(String url, String prefix) {
    private static final String DEFAULT_URL = "redis://127.0.0.1:6379";
    private static final String PASSWORD_FILE = "FANFARE_REDIS_PASSWORD_FILE";
    /** A URL without a password: scheme, user if there is one, and the rest. */
    private static final Pattern WITHOUT_PASSWORD = Pattern.compile("(redis[a-z-]*://)(?:([^:@/]*)@)?([^@]+)");

    public static RedisConfig from(Env env) {
        String url = env.url("FANFARE_REDIS_URL", DEFAULT_URL);
        if (!url.matches("rediss?://.+") && Sentinels.parse(url) == null) {
            env.mistake(
                    "FANFARE_REDIS_URL",
                    "it takes redis://host:port, rediss://host:port or redis-sentinel://host:port,host:port/name");
        }
        String password = env.secretFile(PASSWORD_FILE);
        String prefix = env.text("FANFARE_REDIS_PREFIX", "fanfare:");
        if (!prefix.matches("[A-Za-z0-9._:-]{1,64}")) {
            env.mistake("FANFARE_REDIS_PREFIX", "it takes 1 to 64 characters of A-Z a-z 0-9 . _ : -");
        }
        return new RedisConfig(password.isEmpty() ? url : withPassword(env, url, password), prefix);
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
                + URLEncoder.encode(password, StandardCharsets.UTF_8)
                + "@"
                + matcher.group(3);
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "RedisConfig[" + Env.redacted(url) + ", " + prefix + "]";
    }
}
