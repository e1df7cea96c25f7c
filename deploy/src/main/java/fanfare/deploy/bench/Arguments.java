package fanfare.deploy.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A benchmark's command line: options, each with its value. */
final class Arguments {
    /** A process may have 20,000 file descriptors, and needs some for itself. */
    static final int CONNECTIONS_MAX = 19_000;

    private final Map<String, String> values = new HashMap<>();

    /**
     * @param known what options there are
     * @throws IllegalArgumentException with one sentence for people
     */
    Arguments(List<String> arguments, String... known) {
        for (Iterator<String> rest = arguments.iterator(); rest.hasNext(); ) {
            String option = rest.next();
            if (!List.of(known).contains(option)) {
                throw new IllegalArgumentException(
                        option + " is not an option; there " + (known.length == 1 ? "is " : "are ") + listed(known));
            }
            values.put(option, rest.hasNext() ? rest.next() : "");
        }
    }

    /**
     * A whole number within limits; {@code usual} if nobody says otherwise.
     *
     * @throws IllegalArgumentException with one sentence for people
     */
    int number(String option, int usual, int min, int max) {
        String text = values.getOrDefault(option, Integer.toString(usual));
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

    /**
     * A jar that exists; null if none is named.
     *
     * @throws IllegalArgumentException with one sentence for people
     */
    @Nullable
    Path jar(String option, String name) {
        String text = values.get(option);
        if (text == null) {
            return null;
        }
        Path file = Path.of(text).toAbsolutePath();
        if (!Files.isRegularFile(file)) {
            throw new IllegalArgumentException("%s is '%s': it takes a %s".formatted(option, text, name));
        }
        return file;
    }

    /** What stands between blanks; nothing if nobody says anything. */
    List<String> words(String option) {
        String text = values.getOrDefault(option, "").strip();
        return text.isEmpty() ? List.of() : List.of(text.split("\\s+"));
    }

    private static String listed(String... names) {
        int last = names.length - 1;
        return last == 0 ? names[0] : String.join(", ", List.of(names).subList(0, last)) + " and " + names[last];
    }
}
