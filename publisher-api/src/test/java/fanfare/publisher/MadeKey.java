package fanfare.publisher;

import fanfare.publisher.auth.NewKey;
import java.security.SecureRandom;
import java.util.List;

/** A key as it was printed, and its line for the file. */
record MadeKey(String key, String line) {
    static MadeKey with(String id, String permissions) {
        List<String> lines = NewKey.describe(List.of(id, permissions), new SecureRandom())
                .lines()
                .filter(line -> !line.startsWith("#"))
                .toList();
        return new MadeKey(lines.get(0), lines.get(1) + "\n");
    }
}
