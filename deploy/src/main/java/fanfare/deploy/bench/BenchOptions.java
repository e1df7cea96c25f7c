package fanfare.deploy.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the command line asks for.
 *
 * @param calls of each kind
 * @param rounds in which the kinds take turns; 0 where the benchmark has its own
 * @param beside another build's gateway.jar to compare with; null for none
 */
record BenchOptions(int users, int calls, int rounds, @Nullable Path beside) {
    /** A process may have 20,000 file descriptors, and needs some for itself. */
    static final int CONNECTIONS_MAX = 19_000;

    private static final int PUBLISH_USERS = 20_000;
    /** With fewer, the quick commands are over before the kernel's account of their CPU is worth anything. */
    private static final int PUBLISH_CALLS = 300_000;

    private static final int RECEIPT_USERS = 2_000;
    private static final int RECEIPT_CALLS = 200;
    private static final int RECEIPT_ROUNDS = 9;

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
        return new BenchOptions(users, calls, 0, null);
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
        return new BenchOptions(users, 0, 0, null);
    }

    /** @throws IllegalArgumentException with one sentence for people */
    static BenchOptions receipts(List<String> arguments) {
        int users = RECEIPT_USERS;
        int calls = RECEIPT_CALLS;
        int rounds = RECEIPT_ROUNDS;
        Path beside = null;
        for (Iterator<String> rest = arguments.iterator(); rest.hasNext(); ) {
            String option = rest.next();
            switch (option) {
                case "--users" -> users = number(option, rest, 10, CONNECTIONS_MAX / 2);
                case "--broadcasts" -> calls = number(option, rest, 10, 10_000);
                case "--rounds" -> rounds = number(option, rest, 1, 100);
                case "--beside" -> beside = file(option, rest);
                default ->
                    throw new IllegalArgumentException(
                            option + " is not an option; there are --users, --broadcasts, --rounds and --beside");
            }
        }
        return new BenchOptions(users, calls, rounds, beside);
    }

    private static Path file(String option, Iterator<String> rest) {
        String text = rest.hasNext() ? rest.next() : "";
        Path file = Path.of(text).toAbsolutePath();
        if (!Files.isRegularFile(file)) {
            throw new IllegalArgumentException("%s is '%s': it takes a gateway.jar".formatted(option, text));
        }
        return file;
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
