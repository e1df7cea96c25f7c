package fanfare.deploy.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.deploy.Server;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a pod is told are settings that the code knows, with values that it takes. */
class SettingsIT {
    private static final int WRONG_SETTINGS = 2;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"dev, gateway", "dev, publisher-api", "production, gateway", "production, publisher-api"})
    void areTaken(String overlay, String module) throws Exception {
        Map<String, String> environment = Overlay.render(overlay).environment(module);
        try (Server check = Pod.check(module, environment, Mounts.of(module, folder))) {
            assertThat(check.exitCode()).as(check.output()).isNotEqualTo(WRONG_SETTINGS);
            assertThat(check.output())
                    .contains(environment.keySet().stream()
                            .filter(name -> name.startsWith("FANFARE_"))
                            .toArray(String[]::new));
        }
    }

    @ParameterizedTest
    @CsvSource({"gateway, FANFARE_DRAIN_WINDOWS, 2m", "publisher-api, FANFARE_DURABILITY, none"})
    void areRefusedWithAMistake(String module, String name, String value) throws Exception {
        Map<String, String> environment = Overlay.render("dev").environment(module);
        environment.put(name, value);
        try (Server check = Pod.check(module, environment, Mounts.of(module, folder))) {
            assertThat(check.exitCode()).as(check.output()).isEqualTo(WRONG_SETTINGS);
        }
    }
}
