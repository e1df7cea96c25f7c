package fanfare.deploy.command;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A command line: options, each with its value. Every mistake is an {@link IllegalArgumentException} with one sentence for people. */
public final class Arguments {
    private final Map<String, List<String>> values = new HashMap<>();

    /** @param known what options there are */
    public Arguments(List<String> arguments, String... known) {
        for (Iterator<String> rest = arguments.iterator(); rest.hasNext(); ) {
            String option = rest.next();
            if (!List.of(known).contains(option)) {
                throw new IllegalArgumentException(
                        option + " is not an option; there " + (known.length == 1 ? "is " : "are ") + listed(known));
            }
            if (!rest.hasNext()) {
                throw new IllegalArgumentException(option + " takes a value");
            }
            values.computeIfAbsent(option, first -> new ArrayList<>()).add(rest.next());
        }
    }

    /** What was said for an option, each time that it was. */
    public List<String> all(String option) {
        return List.copyOf(values.getOrDefault(option, List.of()));
    }

    /** The last thing that was said; null if nobody says anything. */
    public @Nullable String text(String option) {
        List<String> all = all(option);
        return all.isEmpty() ? null : all.get(all.size() - 1);
    }

    /** A whole number within limits; {@code usual} if nobody says otherwise. */
    public int number(String option, int usual, int min, int max) {
        String text = text(option);
        if (text == null) {
            return usual;
        }
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

    /** A number, whole or not, within limits; {@code usual} if nobody says otherwise. */
    public double fraction(String option, double usual, double min, double max) {
        String text = text(option);
        if (text == null) {
            return usual;
        }
        try {
            double number = Double.parseDouble(text);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // falls through, as above
        }
        throw new IllegalArgumentException(
                "%s is '%s': it takes a number from %s to %,.0f".formatted(option, text, min, max));
    }

    /** A jar that exists; null if none is named. */
    public @Nullable Path jar(String option, String name) {
        String text = text(option);
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
    public List<String> words(String option) {
        String text = text(option);
        return text == null || text.isBlank() ? List.of() : List.of(text.strip().split("\\s+"));
    }

    private static String listed(String... names) {
        int last = names.length - 1;
        return last == 0 ? names[0] : String.join(", ", List.of(names).subList(0, last)) + " and " + names[last];
    }
}
