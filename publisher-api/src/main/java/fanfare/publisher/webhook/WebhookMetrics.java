package fanfare.publisher.webhook;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** What an operator can see of webhooks. */
final class WebhookMetrics {
    private final Counter events;
    private final Counter retries;
    private final Counter deadLetters;
    private final Counter losses;
    private final Timer seconds;
    /** Read by the gauge from other threads, like the next. */
    private final AtomicBoolean owner = new AtomicBoolean();
    /** When the oldest event was noted that was read and not settled; 0 if there is none [ms]. */
    private final AtomicLong oldestMs = new AtomicLong();

    WebhookMetrics(MeterRegistry metrics, LongSupplier clockMs) {
        events = counter(metrics, "events", "Events that the site has accepted");
        retries = counter(metrics, "retries", "Requests that the site has not accepted");
        deadLetters = counter(metrics, "dead_letters", "Events that were given up");
        losses = counter(metrics, "losses", "Times that a bucket's stream lost events before the site was told");
        seconds = Timer.builder("fanfare_webhook_seconds")
                .description("How long the site took for one request, or until it was given up")
                .serviceLevelObjectives(
                        Duration.ofMillis(25),
                        Duration.ofMillis(100),
                        Duration.ofMillis(500),
                        Duration.ofMillis(2_500),
                        Duration.ofSeconds(10))
                .register(metrics);
        Gauge.builder("fanfare_webhook_owner", owner, flag -> flag.get() ? 1 : 0)
                .description("1 while this publisher is the one that tells the site")
                .register(metrics);
        Gauge.builder(
                        "fanfare_webhook_lag_seconds",
                        oldestMs,
                        oldest -> oldest.get() == 0 ? 0 : Math.max(0, clockMs.getAsLong() - oldest.get()) / 1_000.0)
                .description("Age of the oldest event that this publisher has read and the site has not accepted")
                .register(metrics);
    }

    void owns(boolean now) {
        owner.set(now);
        oldest(0);
    }

    void oldest(long ms) {
        oldestMs.set(ms);
    }

    void accepted(int count) {
        events.increment(count);
    }

    void retried() {
        retries.increment();
    }

    void givenUp(int count) {
        deadLetters.increment(count);
    }

    void lost(int buckets) {
        losses.increment(buckets);
    }

    void posted(long nanos) {
        seconds.record(Duration.ofNanos(nanos));
    }

    private static Counter counter(MeterRegistry metrics, String name, String description) {
        return Counter.builder("fanfare_webhook_" + name + "_total")
                .description(description)
                .register(metrics);
    }
}
