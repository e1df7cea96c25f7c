package fanfare.deploy.selftest;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What the command line of {@code deploy/selftest} asks for.
 *
 * @param budget how long the faults may last in all; some have a length of their own
 * @param faults in the order in which they are played
 */
record SelftestOptions(Duration budget, int connections, Set<Fault> faults, long seed) {
    static final int CONNECTIONS_MAX = 100_000;
    private static final double MINUTES_MAX = 24 * 60;

    /** @throws IllegalArgumentException with one sentence for people */
    static SelftestOptions parse(List<String> arguments) {
        double minutes = 6;
        int connections = 1_000;
        long seed = ThreadLocalRandom.current().nextInt(1, 1_000_000);
        List<Fault> only = new ArrayList<>();
        for (Iterator<String> rest = arguments.iterator(); rest.hasNext(); ) {
            String option = rest.next();
            switch (option) {
                case "--minutes" -> minutes = number(option, value(option, rest), 0.1, MINUTES_MAX);
                case "--connections" -> connections = (int) number(option, value(option, rest), 1, CONNECTIONS_MAX);
                case "--seed" -> seed = (long) number(option, value(option, rest), 0, Integer.MAX_VALUE);
                case "--only" -> only.add(Fault.named(value(option, rest)));
                default ->
                    throw new IllegalArgumentException(option
                            + " is not an option; there are --minutes, --connections, --only, --seed and --help");
            }
        }
        Set<Fault> faults = only.isEmpty() ? EnumSet.allOf(Fault.class) : EnumSet.copyOf(only);
        return new SelftestOptions(Duration.ofMillis((long) (minutes * 60_000)), connections, faults, seed);
    }

    /** What one fault may take. */
    Duration perFault() {
        return budget.dividedBy(faults.size());
    }

    private static String value(String option, Iterator<String> rest) {
        if (!rest.hasNext()) {
            throw new IllegalArgumentException(option + " takes a value");
        }
        return rest.next();
    }

    private static double number(String option, String text, double min, double max) {
        try {
            double number = Double.parseDouble(text);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // falls through to the one message for both kinds of mistake
        }
        throw new IllegalArgumentException(
                "%s is '%s': it takes a number from %s to %,.0f".formatted(option, text, min, max));
    }
}
