package fanfare.publisher.webhook;

import fanfare.config.Env;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where and how the site is told.
 *
 * @param secretFile path of the secrets that requests are signed with
 * @param batchMax events in one request at most
 * @param timeout for one request, its answer included
 * @param retryMax for how long a request is tried before its events are given up
 */
public record WebhookConfig(URI url, String secretFile, int batchMax, Duration timeout, Duration retryMax) {
    /** Names what is told if the file cannot be used. */
    public static final String SECRET_FILE = "FANFARE_WEBHOOK_SECRET_FILE";

    private static final String URL = "FANFARE_WEBHOOK_URL";

    /** Null if the site is not to be told. */
    public static @Nullable WebhookConfig from(Env env) {
        URI url = env.webUrl(URL);
        String secretFile = env.text(SECRET_FILE, "");
        boolean on = !env.url(URL, "").isEmpty();
        if (on && secretFile.isEmpty()) {
            env.mistake(SECRET_FILE, "requests to FANFARE_WEBHOOK_URL are signed; it takes the path of the secrets");
        }
        if (!on && !secretFile.isEmpty()) {
            env.mistake(SECRET_FILE, "there is no FANFARE_WEBHOOK_URL to send to");
        }
        int batchMax = env.integer("FANFARE_WEBHOOK_BATCH_MAX", 100, 1, 1_000);
        Duration timeout = env.duration(
                "FANFARE_WEBHOOK_TIMEOUT", Duration.ofSeconds(5), Duration.ofMillis(100), Duration.ofSeconds(30));
        Duration retryMax = env.duration(
                "FANFARE_WEBHOOK_RETRY_MAX", Duration.ofHours(1), Duration.ofSeconds(1), Duration.ofDays(7));
        return url == null ? null : new WebhookConfig(url, secretFile, batchMax, timeout, retryMax);
    }
}
