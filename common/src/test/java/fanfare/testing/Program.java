package fanfare.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** What this machine has installed, and {@code ./deploy/test} installs where it may. */
public final class Program {
    private Program() {}

    /** Skips the test on a machine without it, save where nothing may be skipped. Of several names, the first that is there. */
    public static String path(String... names) {
        Optional<Path> program = Stream.of(names)
                // Debian puts balancers where only root's PATH leads.
                .flatMap(name -> Stream.concat(
                                Stream.of(System.getenv("PATH").split(":")), Stream.of("/usr/sbin", "/usr/local/sbin"))
                        .map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
        String hint = "no " + String.join(" and no ", names) + "; ./deploy/test installs it";
        assumeTrue(program.isPresent() || "true".equals(System.getenv("CI")), hint);
        return program.orElseThrow(() -> new IllegalStateException(hint)).toString();
    }
}
