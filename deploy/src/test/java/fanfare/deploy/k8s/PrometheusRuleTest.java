package fanfare.deploy.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class PrometheusRuleTest {
    private static final Path RULES = Path.of("observability/rules.yaml");

    @Test
    void isWhatPrometheusItselfWouldRead() throws IOException {
        JsonNode rule =
                Overlay.tree(Files.readString(Overlay.K8S.resolve("components/monitoring/prometheusrule.yaml")));
        assertThat(rule.at("/spec/groups"))
                .as("./k8s/components/monitoring/rules makes it anew")
                .isEqualTo(Overlay.tree(Files.readString(RULES)).get("groups"));
    }
}
