package fanfare.deploy.dev;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunIT {
    @Test
    void flagsOfTheOperatorsMayStandOnSeveralLines() throws Exception {
        List<String> said = run("-Xmx64m\n  -XX:+UseSerialGC\n--version\n", "publisher-api");
        assertThat(said.get(0))
                .startsWith("fanfare: publisher-api on JDK ")
                .endsWith(" -Xmx64m -XX:+UseSerialGC --version");
        assertThat(said.get(said.size() - 1))
                .as("java has said its version")
                .contains(System.getProperty("java.vm.name"));
        assertThat(run("-Xmx64m\n-XX:+UseSerialGC", "--flags", "gateway"))
                .isNotEmpty()
                .noneMatch(flag -> flag.matches("-XX:\\+Use\\w+GC"));
    }

    private static List<String> run(String javaOpts, String... arguments) throws Exception {
        ProcessBuilder run = new ProcessBuilder("./run").redirectErrorStream(true);
        run.command().addAll(List.of(arguments));
        run.environment().put("JAVA_HOME", System.getProperty("java.home"));
        run.environment().put("JAVA_OPTS", javaOpts);
        Process script = run.start();
        String said = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(script.waitFor()).as(said).isZero();
        return said.lines().toList();
    }
}
