package fanfare.deploy.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What operators copy from the pages for Kubernetes. */
class KubectlTest {
    private static final Pattern KUBECTL = Pattern.compile("\\bkubectl [^`\\n]+");
    /** Those whose files say a namespace, and those that are about what is in none. */
    private static final String SAYS_WHERE =
            "kubectl (-n (fanfare|fanfare-dev|monitoring) .+|(apply|diff) -[fk] .+|label namespace .+|top nodes)";

    /** Else a key is rotated in {@code default}, and the one that leaked stays in force. */
    @ParameterizedTest
    @ValueSource(strings = {"k8s/README.md", "deploy/observability/ALERTS.md"})
    void everyCommandSaysWhichNamespace(String page) throws IOException {
        assertThat(KUBECTL.matcher(Files.readString(Path.of("..", page))).results())
                .extracting(MatchResult::group)
                .hasSizeGreaterThan(4)
                .allSatisfy(command -> assertThat(command).matches(SAYS_WHERE));
    }
}
