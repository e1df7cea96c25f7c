package fanfare.deploy.bench;

import java.util.List;
import java.util.regex.Pattern;

/**
 * How long a JVM's threads stood still, by its log of safepoints ({@code -Xlog:safepoint}).
 *
 * @param millis of each pause, the shortest first
 */
record Pauses(List<Double> millis) {
    private static final Pattern SAFEPOINT =
            Pattern.compile("Safepoint \"[^\"]*\",.* Reaching safepoint: +(\\d+) ns,.* Total: +(\\d+) ns");

    /** Lines of other kinds are none of ours. */
    static Pauses parse(List<String> log) {
        return new Pauses(log.stream()
                .flatMap(line -> SAFEPOINT.matcher(line).results())
                .map(match -> Long.parseLong(match.group(2)) / 1e6)
                .sorted()
                .toList());
    }

    /** That share of the pauses was as long or shorter [ms]; 0 without any. */
    double quantile(double share) {
        return millis.isEmpty() ? 0 : millis.get(Math.min(millis.size() - 1, (int) (share * millis.size())));
    }

    double longest() {
        return quantile(1);
    }
}
