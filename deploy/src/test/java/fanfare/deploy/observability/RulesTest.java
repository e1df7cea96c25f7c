package fanfare.deploy.observability;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.Program;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class RulesTest {
    private static final Path FOLDER = Path.of("observability");
    private static final Pattern ALERT = Pattern.compile("- alert: (\\w+)\\n((?: {8,}.*\\n)+)");

    @Test
    void everyAlertHasItsCausesAndCures() throws IOException {
        List<String> headings = Pattern.compile("(?m)^### (\\w+)$")
                .matcher(read("ALERTS.md"))
                .results()
                .map(heading -> heading.group(1))
                .toList();
        assertThat(headings)
                .containsExactlyInAnyOrderElementsOf(
                        alerts().stream().map(alert -> alert.group(1)).toList());
    }

    @Test
    void everyAlertSaysHowBadItIsAndWhereToLook() throws IOException {
        assertThat(alerts()).hasSizeGreaterThan(20).allSatisfy(alert -> assertThat(alert.group(2))
                .containsPattern("\\n +severity: (critical|warning)\\n")
                .containsPattern("\\n +summary: \\S")
                .containsPattern("\\n +description: \\S")
                .contains(" runbook_url: https://git.example.com/fanfare/blob/main/deploy/observability/ALERTS.md#"
                        + alert.group(1).toLowerCase(Locale.ROOT) + "\n"));
    }

    @Test
    void everyAlertIsTriedBothWays() throws IOException {
        String tests = read("rules-test.yaml");
        assertThat(alerts()).allSatisfy(alert -> assertThat(tests)
                .contains("alertname: " + alert.group(1) + "\n        exp_alerts:\n")
                .contains("alertname: " + alert.group(1) + "\n        exp_alerts: []\n"));
    }

    @Test
    void promtoolFindsThatTheyTellWhatTheyAreTo() throws Exception {
        Process promtool = new ProcessBuilder(Program.path("promtool"), "test", "rules", "rules-test.yaml")
                .directory(FOLDER.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(promtool.waitFor()).as(output).isZero();
    }

    private static List<MatchResult> alerts() throws IOException {
        return ALERT.matcher(read("rules.yaml")).results().toList();
    }

    private static String read(String file) throws IOException {
        return Files.readString(FOLDER.resolve(file));
    }
}
