package fanfare.deploy.selftest;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The fault proof as it is run by hand, with few clients and little time. */
@Timeout(180)
class SelftestIT {
    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void nothingIsLeft() throws Exception {
        for (Process process : started) {
            process.destroy();
            assertThat(process.waitFor(30, SECONDS)).isTrue();
        }
    }

    @Test
    void guaranteesAreKeptThroughFaults() throws Exception {
        Process selftest = launch(
                "--connections",
                "100",
                "--minutes",
                "0.6",
                "--only",
                "gateway-kill",
                "--only",
                "pubsub-kill",
                "--only",
                "connect-storm");
        expectKept(selftest, "pubsub-kill", "gateway-kill", "connect-storm");
    }

    @Test
    void guaranteesAreKeptWhileMastersOfARedisClusterAreReplaced() throws Exception {
        expectKept(
                launch("--redis", "cluster", "--connections", "100", "--minutes", "0.1", "--only", "shard-failover"),
                "shard-failover");
    }

    private static void expectKept(Process selftest, String... faults) throws Exception {
        String printed = new String(selftest.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(selftest.waitFor()).as(printed).isZero();
        assertThat(printed).contains("longest delay", "\"ok\":true");
        for (String fault : faults) {
            assertThat(printed.lines())
                    .as(printed)
                    .anyMatch(line -> line.matches(fault + " +[0-9.]+ +[1-9][0-9]* +[1-9][0-9]* +0 +0 +0\\|0 .* s"));
        }
    }

    @ParameterizedTest
    @CsvSource({"--only, bit-rot", "--connections, 99999", "--minutes, 0"})
    void mistakesEndItWithOneLine(String option, String value) throws Exception {
        Process selftest = launch(option, value);
        List<String> printed = selftest.inputReader().lines().toList();

        assertThat(selftest.waitFor()).isEqualTo(1);
        assertThat(printed).hasSize(1);
        assertThat(printed.get(0)).startsWith("fanfare: ").contains(value);
    }

    @Test
    void stoppedMidwayItLeavesNobodyBehind() throws Exception {
        Process selftest = launch("--connections", "20", "--only", "gateway-pause");
        assertThat(selftest.inputReader().lines().anyMatch(line -> line.startsWith("gateway-pause")))
                .isTrue();
        List<ProcessHandle> children = selftest.descendants().toList();
        assertThat(children).hasSizeGreaterThan(7);

        selftest.destroy();
        assertThat(selftest.waitFor(30, SECONDS)).isTrue();
        for (ProcessHandle child : children) {
            child.onExit().get(30, SECONDS);
        }
    }

    private Process launch(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                Path.of("target/deploy.jar").toAbsolutePath().toString(),
                "selftest"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        started.add(process);
        return process;
    }
}
