package fanfare.publisher.webhook;

import java.time.Duration;

/**
 * The times of webhooks that nobody sets.
 *
 * @param lease for how long a publisher that fell silent still counts as the one that tells the site
 * @param renew how often it renews that, well below {@code lease}
 * @param tick how often the others try to take over
 * @param period how often Redis is asked for events
 * @param retryFirst the longest pause after the first failure; it doubles with each
 * @param retryMax where the doubling ends
 */
public record WebhookLimits(
        Duration lease, Duration renew, Duration tick, Duration period, Duration retryFirst, Duration retryMax) {
    public static WebhookLimits defaults() {
        return new WebhookLimits(
                Duration.ofSeconds(10),
                Duration.ofSeconds(3),
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                Duration.ofSeconds(60));
    }

    /** The pause after so many failures in a row, from 1: anything below a bound that doubles, lest many come in step [ms]. */
    long pauseMs(int failures, double random) {
        long bound = Math.min(retryMax.toMillis(), retryFirst.toMillis() << Math.min(failures - 1, 16));
        return (long) (bound * random);
    }
}
