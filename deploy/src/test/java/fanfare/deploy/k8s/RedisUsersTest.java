package fanfare.deploy.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Redis' users may use the commands that occur in scripts and code, no more and no fewer. {@link RedisUsersIT} has who uses which. */
class RedisUsersTest {
    private static final Pattern GRANTED = Pattern.compile("\\+([a-z]+)(?:\\|[a-z]+)?");
    private static final Pattern CALLED = Pattern.compile("call\\(['\"]([A-Z]+)['\"]");
    private static final Pattern QUOTED = Pattern.compile("'([A-Z]+)'");
    private static final Pattern SENT = Pattern.compile("Command\\.([A-Z]{3,})\\b");
    /** Sent to sentinels, which have users of their own. */
    private static final Set<String> ELSEWHERE = Set.of("sentinel");

    @Test
    void mayUseEveryCommandAndNoOther() throws IOException {
        Set<String> granted = Files.readAllLines(Overlay.K8S.resolve("base/redis/users.acl")).stream()
                .filter(line -> !line.startsWith("user default "))
                .flatMap(line -> GRANTED.matcher(line).results().map(match -> match.group(1)))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> needed = found("common/src/main/resources/fanfare/redis", CALLED);
        Set<String> known = found("common/src/main/resources/fanfare/redis", QUOTED);
        for (String module : Set.of("common", "gateway", "publisher-api")) {
            Set<String> sent = found(module + "/src/main/java", SENT);
            sent.removeAll(ELSEWHERE);
            needed.addAll(sent);
        }
        known.addAll(needed);
        assertThat(granted).containsAll(needed);
        assertThat(known).containsAll(granted);
    }

    private static Set<String> found(String folder, Pattern pattern) throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("..", folder))) {
            return files.filter(Files::isRegularFile)
                    .flatMap(file -> pattern.matcher(read(file)).results())
                    .map(match -> match.group(1).toLowerCase(Locale.ROOT))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
