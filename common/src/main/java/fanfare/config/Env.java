package fanfare.config;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The environment as typed settings. Mistakes are collected, so that an operator sees all of them at once, and every
 * {@code FANFARE_*} name that nothing asked for is one of them.
 */
public final class Env {
    private static final String PREFIX = "FANFARE_";
    /** Kubernetes puts {@code NAME_PORT} into each pod for every Service, with such a value, ... */
    private static final Pattern INJECTED_URL = Pattern.compile("(tcp|udp|sctp)://.*");
    /** ... and others beside it, which begin with the same name. */
    private static final Pattern INJECTED =
            Pattern.compile("_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_\\d+_(TCP|UDP|SCTP)(_.*)?)?)");

    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)");

    private final Map<String, String> values;
    /** What was asked for so far, by name, as it will be logged. */
    private final Map<String, String> settings = new TreeMap<>();
    /** One sentence for each mistake so far. */
    private final List<String> mistakes = new ArrayList<>();

    public Env(Map<String, String> values) {
        this.values = values;
    }

    public String text(String name, String fallback) {
        String value = values.getOrDefault(name, fallback);
        settings.put(name, value);
        return value;
    }

    /** A text that has no sensible default. */
    public String required(String name, String meaning) {
        String value = text(name, "");
        if (value.isEmpty()) {
            mistakes.add(name + " is not set: " + meaning);
        }
        return value;
    }

    /** A text whose value is not logged. */
    public String secret(String name, String fallback) {
        String value = text(name, fallback);
        settings.put(name, value.isEmpty() ? "" : "(redacted)");
        return value;
    }

    /**
     * What the file holds whose path a setting is, without white space around it; empty if the path is not set or the file
     * cannot be used, which is a mistake. So a secret is in no environment, log or list of processes.
     */
    public String secretFile(String name) {
        String file = text(name, "");
        if (file.isEmpty()) {
            return "";
        }
        try {
            String secret = Files.readString(Path.of(file)).strip();
            if (secret.isEmpty()) {
                mistake(name, "the file is empty");
            }
            return secret;
        } catch (IOException | InvalidPathException e) {
            mistake(name, "the file cannot be read");
            return "";
        }
    }

    /** A URL, in which neither a password nor the query, which may have one as well, is logged. */
    public String url(String name, String fallback) {
        String value = text(name, fallback);
        settings.put(name, redacted(value));
        return value;
    }

    /** An http or https URL without user name and fragment; null if it is not set, or a mistake. */
    public @Nullable URI webUrl(String name) {
        String text = url(name, "");
        if (text.isEmpty()) {
            return null;
        }
        try {
            URI url = URI.create(text);
            if (("http".equals(url.getScheme()) || "https".equals(url.getScheme()))
                    && url.getHost() != null
                    && url.getRawUserInfo() == null
                    && url.getRawFragment() == null) {
                return url;
            }
        } catch (IllegalArgumentException e) {
            // falls through to the one message for every kind of mistake
        }
        mistake(name, "it takes an http or https URL without user name and fragment");
        return null;
    }

    public int integer(String name, int fallback, int min, int max) {
        String text = text(name, Integer.toString(fallback));
        try {
            int value = Integer.parseInt(text);
            if (value >= min && value <= max) {
                return value;
            }
        } catch (NumberFormatException e) {
            // falls through to the one message for both kinds of mistake
        }
        mistakes.add("%s is '%s': it takes a whole number from %d to %d".formatted(name, text, min, max));
        return fallback;
    }

    /** A duration: a whole number and one of {@code ms s m h d}, such as {@code 60s}. */
    public Duration duration(String name, Duration fallback, Duration min, Duration max) {
        String text = text(name, written(fallback));
        Matcher matcher = DURATION.matcher(text);
        if (matcher.matches()) {
            long number = Long.parseLong(matcher.group(1));
            Duration value =
                    switch (matcher.group(2)) {
                        case "ms" -> Duration.ofMillis(number);
                        case "s" -> Duration.ofSeconds(number);
                        case "m" -> Duration.ofMinutes(number);
                        case "h" -> Duration.ofHours(number);
                        default -> Duration.ofDays(number);
                    };
            if (value.compareTo(min) >= 0 && value.compareTo(max) <= 0) {
                return value;
            }
        }
        mistakes.add("%s is '%s': it takes a duration such as 500ms, 10s, 5m or 1h, from %s to %s"
                .formatted(name, text, written(min), written(max)));
        return fallback;
    }

    /** One of the constants of an enum, written in lower case. */
    public <E extends Enum<E>> E choice(String name, E fallback) {
        E[] choices = fallback.getDeclaringClass().getEnumConstants();
        String text = text(name, fallback.name().toLowerCase(Locale.ROOT));
        for (E choice : choices) {
            if (choice.name().toLowerCase(Locale.ROOT).equals(text)) {
                return choice;
            }
        }
        mistakes.add("%s is '%s': it takes one of %s"
                .formatted(name, text, Arrays.toString(choices).toLowerCase(Locale.ROOT)));
        return fallback;
    }

    /** A list separated by commas; blanks around an entry do not count. */
    public List<String> list(String name, String fallback) {
        return Arrays.stream(text(name, fallback).split(","))
                .map(String::trim)
                .filter(entry -> !entry.isEmpty())
                .toList();
    }

    /** Adds a mistake if two ports are one, unless any free one will do: two servers would take its requests by turns. */
    public void apart(String name, int port, String otherName, int other) {
        if (port == other && port != 0) {
            mistake(name, "it takes another port than " + otherName);
        }
    }

    /** Adds a mistake that only the caller could see. */
    public void mistake(String name, String rule) {
        mistakes.add("%s is '%s': %s".formatted(name, settings.getOrDefault(name, ""), rule));
    }

    /**
     * Hands the finished record back if there was no mistake.
     *
     * @throws ConfigException naming every mistake, unknown names included
     */
    public <T> T check(T config) {
        values.keySet().stream()
                .filter(name -> name.startsWith(PREFIX) || name.equals("FANFARE"))
                .filter(name -> !settings.containsKey(name) && !isInjected(name))
                .sorted()
                .forEach(name -> mistakes.add(name + " is not a setting; did you mean " + nearest(name) + "?"));
        if (!mistakes.isEmpty()) {
            throw new ConfigException(mistakes);
        }
        return config;
    }

    /** Every setting that was asked for and its value, secrets redacted, one a line. */
    public String table() {
        int width = settings.keySet().stream().mapToInt(String::length).max().orElse(0);
        StringBuilder table = new StringBuilder();
        settings.forEach((name, value) -> table.append("\n  ")
                .append(name)
                .append(" ".repeat(width - name.length() + 2))
                .append(value));
        return table.toString();
    }

    /** The names asked for, for the test that compares them with the README. */
    public Map<String, String> settings() {
        return Collections.unmodifiableMap(settings);
    }

    /** Whether it is of a Service; that it looks so is not enough, for a misspelt port does as well. */
    private boolean isInjected(String name) {
        return values.entrySet().stream()
                .filter(other -> other.getKey().endsWith("_PORT")
                        && INJECTED_URL.matcher(other.getValue()).matches())
                .map(other -> other.getKey().substring(0, other.getKey().length() - "_PORT".length()))
                .anyMatch(service -> name.startsWith(service)
                        && INJECTED.matcher(name.substring(service.length())).matches());
    }

    private @Nullable String nearest(String unknown) {
        return settings.keySet().stream()
                .min((a, b) -> Integer.compare(distance(unknown, a), distance(unknown, b)))
                .orElse(null);
    }

    /** Levenshtein's distance. */
    private static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        Arrays.setAll(previous, j -> j);
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(change, 1 + Math.min(previous[j], row[j - 1]));
            }
            previous = row;
        }
        return previous[b.length()];
    }

    /**
     * Up to the last sign that may end a password, since one may stand in it that should have been escaped; and without the
     * query. All of it if a password may be the one as well as the other.
     */
    static String redacted(String url) {
        return url.replaceAll("//.*\\?.*@.*", "//(redacted)")
                .replaceAll("//.*@", "//(redacted)@")
                .replaceAll("\\?.*", "?(redacted)");
    }

    private static String written(Duration duration) {
        long ms = duration.toMillis();
        if (ms % 1000 != 0 || ms == 0) {
            return ms + "ms";
        }
        return ms % 3_600_000 == 0 ? ms / 3_600_000 + "h" : ms % 60_000 == 0 ? ms / 60_000 + "m" : ms / 1000 + "s";
    }
}
