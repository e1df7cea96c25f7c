package fanfare.publisher.publish;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** Counts publications, one for each channel, by what became of them. */
final class PublishMetrics {
    enum Outcome {
        STORED,
        DUPLICATE,
        /** The request was refused, however many channels it named. */
        REFUSED,
        /** Redis did not confirm it in time. */
        UNAVAILABLE,
        FAILED
    }

    private final Map<Outcome, Counter> counters = new EnumMap<>(Outcome.class);
    private final Timer timer;

    PublishMetrics(MeterRegistry metrics) {
        for (Outcome outcome : Outcome.values()) {
            counters.put(
                    outcome,
                    Counter.builder("fanfare_publishes_total")
                            .description("Publications by outcome, one for each channel")
                            .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
                            .register(metrics));
        }
        timer = Timer.builder("fanfare_publish_seconds")
                .description("From a publish request being read to its answer, retries included")
                .serviceLevelObjectives(
                        Duration.ofMillis(1),
                        Duration.ofMillis(5),
                        Duration.ofMillis(25),
                        Duration.ofMillis(100),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(1),
                        Duration.ofMillis(2_500),
                        Duration.ofSeconds(10))
                .register(metrics);
    }

    void count(Outcome outcome) {
        Counter counter = counters.get(outcome);
        if (counter != null) {
            counter.increment();
        }
    }

    void took(long nanos) {
        timer.record(Duration.ofNanos(nanos));
    }
}
