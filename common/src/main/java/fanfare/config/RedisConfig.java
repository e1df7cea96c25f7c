package fanfare.config;

/**
 * Where Redis is and under which prefix everything lies there.
 *
 * @param url {@code redis://} or {@code rediss://}, with user and password if it needs them, or
 *     {@code redis-sentinel://}, see {@link Sentinels}
 */
public record RedisConfig(String url, String prefix) {
    private static final String DEFAULT_URL = "redis://127.0.0.1:6379";

    public static RedisConfig from(Env env) {
        String url = env.url("FANFARE_REDIS_URL", DEFAULT_URL);
        if (!url.matches("rediss?://.+") && Sentinels.parse(url) == null) {
            env.mistake(
                    "FANFARE_REDIS_URL",
                    "it takes redis://host:port, rediss://host:port or redis-sentinel://host:port,host:port/name");
        }
        String prefix = env.text("FANFARE_REDIS_PREFIX", "fanfare:");
        if (!prefix.matches("[A-Za-z0-9._:-]{1,64}")) {
            env.mistake("FANFARE_REDIS_PREFIX", "it takes 1 to 64 characters of A-Z a-z 0-9 . _ : -");
        }
        return new RedisConfig(url, prefix);
    }
}
