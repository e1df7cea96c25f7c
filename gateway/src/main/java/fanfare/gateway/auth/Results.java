package fanfare.gateway.auth;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Counts by result; each is there from the start, so that the first of its kind is seen to be one more. */
final class Results {
    private final Map<String, Counter> counters = new HashMap<>();

    Results(String name, String description, List<String> results, MeterRegistry metrics) {
        for (String result : results) {
            counters.put(
                    result,
                    Counter.builder(name)
                            .description(description)
                            .tag("result", result)
                            .register(metrics));
        }
    }

    void count(String result) {
        Objects.requireNonNull(counters.get(result), result).increment();
    }
}
