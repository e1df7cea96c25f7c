package fanfare.deploy.observability;

import fanfare.testing.RawHttp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** One metric as it is exposed, or as the page has it. */
record Exposed(String type, Set<String> labels) {
    private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (\\S+) (\\S+)$");
    private static final Pattern SAMPLE = Pattern.compile("(?m)^(\\w+)(?:\\{(.*)\\})? \\S+$");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"(?:[^\"\\\\]|\\\\.)*\"");
    private static final Pattern ROW = Pattern.compile("\\| `(\\w+)` \\| (\\w+) \\| (.*?) \\| .+ \\|");
    /** What parts of a histogram or summary are called beside their metric's name. */
    private static final Pattern PART = Pattern.compile("_(bucket|sum|count)$");

    /** What a process exposes, by name. */
    static Map<String, Exposed> by(int managementPort) {
        String text = RawHttp.get(managementPort, "/metrics").body();
        Map<String, Exposed> metrics = new TreeMap<>();
        TYPE.matcher(text)
                .results()
                .forEach(type -> metrics.put(type.group(1), new Exposed(type.group(2), new TreeSet<>())));
        for (MatchResult sample : SAMPLE.matcher(text).results().toList()) {
            Exposed metric = metrics.get(sample.group(1));
            Exposed whole = metric != null
                    ? metric
                    : metrics.get(PART.matcher(sample.group(1)).replaceFirst(""));
            LABEL.matcher(Objects.requireNonNullElse(sample.group(2), ""))
                    .results()
                    .map(label -> label.group(1))
                    .filter(label -> !label.equals("le"))
                    .forEach(Objects.requireNonNull(whole, sample.group())::add);
        }
        // The page says once for all that each histogram has this beside it.
        metrics.keySet()
                .removeIf(name -> name.endsWith("_max")
                        && metrics.containsKey(name.replaceFirst("_max$", ""))
                        && "histogram"
                                .equals(Objects.requireNonNull(metrics.get(name.replaceFirst("_max$", "")))
                                        .type()));
        return metrics;
    }

    /** What the page has under these headings, by name. */
    static Map<String, Exposed> documented(Path page, String... headings) throws IOException {
        Map<String, Exposed> metrics = new TreeMap<>();
        for (String section : Files.readString(page).split("\n## ", -1)) {
            if (List.of(headings).contains(section.lines().findFirst().orElseThrow())) {
                ROW.matcher(section)
                        .results()
                        .forEach(row -> metrics.put(row.group(1), new Exposed(row.group(2), words(row.group(3)))));
            }
        }
        return metrics;
    }

    private static Set<String> words(String labels) {
        List<String> words = new ArrayList<>(List.of(labels.replace("`", "").split(", ", -1)));
        words.remove("");
        return new TreeSet<>(words);
    }

    private void add(String label) {
        labels.add(label);
    }
}
