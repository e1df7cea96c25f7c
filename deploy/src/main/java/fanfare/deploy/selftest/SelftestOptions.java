package fanfare.deploy.selftest;

import fanfare.deploy.command.Arguments;
import fanfare.deploy.selftest.rig.RedisSetup;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What the command line of {@code deploy/selftest} asks for.
 *
 * @param budget how long the faults may last in all; some have a length of their own
 * @param faults in the order in which they are played
 */
record SelftestOptions(RedisSetup redis, Duration budget, int connections, Set<Fault> faults, long seed) {
    static final int CONNECTIONS_MAX = 100_000;
    private static final double MINUTES_MAX = 24 * 60;

    /** @throws IllegalArgumentException with one sentence for people */
    static SelftestOptions parse(List<String> arguments) {
        Arguments given = new Arguments(arguments, "--redis", "--minutes", "--connections", "--only", "--seed");
        double minutes = given.fraction("--minutes", 6, 0.1, MINUTES_MAX);
        RedisSetup redis = RedisSetup.named(given.text("--redis"));
        List<Fault> only = given.all("--only").stream()
                .map(label -> Fault.named(label, redis))
                .toList();
        return new SelftestOptions(
                redis,
                Duration.ofMillis((long) (minutes * 60_000)),
                given.number("--connections", 1_000, 1, CONNECTIONS_MAX),
                EnumSet.copyOf(only.isEmpty() ? Fault.of(redis) : only),
                given.number("--seed", ThreadLocalRandom.current().nextInt(1, 1_000_000), 0, Integer.MAX_VALUE));
    }

    /** What one fault may take. */
    Duration perFault() {
        return budget.dividedBy(faults.size());
    }
}
