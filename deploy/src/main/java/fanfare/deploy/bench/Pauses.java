package fanfare.deploy.bench;

import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/**
 * How long a JVM's threads stood still, by its log of safepoints ({@code -Xlog:safepoint}).
 *
 * @param millis of each pause
 */
record Pauses(Quantiles millis, Pause longest) {
    private static final Pattern SAFEPOINT =
            Pattern.compile("Safepoint \"([^\"]*)\",.* Reaching safepoint: +(\\d+) ns,.* Total: +(\\d+) ns");

    /**
     * One of them.
     *
     * @param operation what for, in the JVM's words
     * @param reachingMs of it, until the last thread had stopped: on a busy machine one may wait for a processor first
     */
    record Pause(String operation, double reachingMs, double millis) {
        static final Pause NONE = new Pause("", 0, 0);
    }

    /** Lines of other kinds are none of ours. */
    static Pauses parse(List<String> log) {
        List<Pause> all = log.stream()
                .flatMap(line -> SAFEPOINT.matcher(line).results())
                .map(match -> new Pause(
                        match.group(1), Long.parseLong(match.group(2)) / 1e6, Long.parseLong(match.group(3)) / 1e6))
                .toList();
        return new Pauses(
                Quantiles.of(all.stream().map(Pause::millis)),
                all.stream().max(Comparator.comparingDouble(Pause::millis)).orElse(Pause.NONE));
    }
}
