package fanfare.deploy.bench;

import java.util.Iterator;
import java.util.List;

/**
 * What the command line asks for.
 *
 * @param calls of each kind
 */
record BenchOptions(int users, int calls) {
    /** A process may have 20,000 file descriptors, and needs some for itself. */
    static final int CONNECTIONS_MAX = 19_000;

    private static final int PUBLISH_USERS = 20_000;
    /** With fewer, the quick commands are over before the kernel's account of their CPU is worth anything. */
    private static final int PUBLISH_CALLS = 300_000;

    /** @throws IllegalArgumentException with one sentence for people */
    static BenchOptions publish(List<String> arguments) {
        int users = PUBLISH_USERS;
        int calls = PUBLISH_CALLS;
        for (Iterator<String> rest = arguments.iterator(); rest.hasNext(); ) {
            String option = rest.next();
            switch (option) {
                case "--users" -> users = number(option, rest, 100, 200_000);
                case "--calls" -> calls = number(option, rest, 300, 1_000_000);
                default ->
                    throw new IllegalArgumentException(option + " is not an option; there are --users and --calls");
            }
        }
        return new BenchOptions(users, calls);
    }

    /** @throws IllegalArgumentException with one sentence for people */
    static BenchOptions recover(List<String> arguments) {
        int users = CONNECTIONS_MAX;
        for (Iterator<String> rest = arguments.iterator(); rest.hasNext(); ) {
            String option = rest.next();
            if (!option.equals("--users")) {
                throw new IllegalArgumentException(option + " is not an option; there is --users");
            }
            users = number(option, rest, 10, CONNECTIONS_MAX);
        }
        return new BenchOptions(users, 0);
    }

    private static int number(String option, Iterator<String> rest, int min, int max) {
        String text = rest.hasNext() ? rest.next() : "";
        try {
            int number = Integer.parseInt(text);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // falls through to the one message for every kind of mistake
        }
        throw new IllegalArgumentException(
                "%s is '%s': it takes a whole number from %d to %d".formatted(option, text, min, max));
    }
}
