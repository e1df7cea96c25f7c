package fanfare.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.deploy.ShortLived;
import fanfare.testing.Await;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * Each benchmark with tiny numbers, as a process. Its speed is nobody's business here, and much of its time is rest, so some
 * run at once.
 */
@Timeout(240)
class BenchIT {
    /** A test that runs beside others of its kind, but beside no other class. */
    @Test
    @Execution(ExecutionMode.CONCURRENT)
    @Target(ElementType.METHOD)
    @Retention(RetentionPolicy.RUNTIME)
    private @interface Beside {}

    /** A benchmark's logs have one place. */
    private static final String RECOVER = "recover";

    @Beside
    void publishComparesCallsAndInboxes() throws Exception {
        Run run = Run.of("publish", "--users", "1000", "--calls", "3000");

        assertThat(run.table()).anyMatch(line -> line.startsWith("publish script "));
        JsonObject calls = run.json().getJsonObject("calls");
        assertThat(calls.fieldNames())
                .containsExactly(
                        "PUBLISH",
                        "RPUSH",
                        "XADD",
                        "XADD + PUBLISH",
                        "publish script",
                        "broker's publish",
                        "broker's, to one user");
        for (String name : calls.fieldNames()) {
            assertThat(calls.getJsonObject(name).getLong("perSecond")).as(name).isPositive();
            assertThat(calls.getJsonObject(name).getDouble("commandMicros"))
                    .as(name)
                    .isPositive();
        }
        JsonArray inboxes = run.json().getJsonArray("inboxes");
        assertThat(inboxes).hasSize(2);
        for (int i = 0; i < inboxes.size(); i++) {
            // Bytes do not depend on who else uses the machine.
            assertThat(inboxes.getJsonObject(i).getDouble("listToStream")).isBetween(0.01, 0.25);
        }
        assertThat(run.code()).isZero();
    }

    @Beside
    @ResourceLock(RECOVER)
    void recoverMissesNothing() throws Exception {
        Run run = Run.of(RECOVER, "--users", "100");

        assertThat(run.table()).anyMatch(line -> line.startsWith("return: 50 of 50 recovered"));
        JsonObject json = run.json();
        assertThat(json.getInteger("users")).isEqualTo(100);
        assertThat(json.getJsonObject("linkLoss").getInteger("missedAtFirst")).isBetween(1, 10);
        assertThat(json.getJsonObject("linkLoss").getDouble("seconds")).isPositive();
        assertThat(json.getJsonObject("return").getInteger("recovered")).isEqualTo(50);
        assertThat(json.getInteger("repeated")).isZero();
        assertThat(run.code()).isZero();
    }

    @Beside
    void aShardThatFailsOverMissesNothing() throws Exception {
        Run run = Run.of("shard-failover", "--users", "60", "--rate", "50", "--seconds", "1", "--how", "agreed");

        assertThat(run.table()).anyMatch(line -> line.startsWith("every channel is subscribed again"));
        JsonObject json = run.json();
        assertThat(json.getInteger("usersOfShard")).isBetween(30, 59);
        assertThat(json.getDouble("comparedSeconds")).isPositive();
        assertThat(json.getJsonObject("othersAfter").getDouble("p50Ms")).isPositive();
        assertThat(json.getInteger("mismatches")).isZero();
        assertThat(json.getInteger("troubles")).isZero();
        assertThat(run.code()).isZero();
    }

    @Beside
    void receiptsAreComparedWithNone() throws Exception {
        Run run = Run.of("receipts", "--users", "20", "--broadcasts", "20", "--rounds", "1");

        assertThat(run.table()).anyMatch(line -> line.startsWith("with a receipt, written and acknowledged "));
        for (String name : List.of("without", "written", "acknowledged")) {
            assertThat(run.json().getJsonObject(name).getLong("perCpuSecond"))
                    .as(name)
                    .isPositive();
        }
        assertThat(run.json().getInteger("reportsDropped")).isZero();
        assertThat(run.code()).isZero();
    }

    @Beside
    void privateMessagesArriveOnceOnBothSides() throws Exception {
        Run run = Run.of("private", "--users", "30", "--millis", "100", "--rounds", "1");

        assertThat(run.table()).anyMatch(line -> line.startsWith("batches of 100, Fanfare "));
        for (String name : List.of("single", "singlePlain", "batch", "batchPlain")) {
            assertThat(run.json().getJsonObject(name).getLong("perCpuSecond"))
                    .as(name)
                    .isPositive();
            assertThat(run.json().getJsonObject(name).getDouble("halfLoadP99Ms"))
                    .as(name)
                    .isPositive();
        }
        for (String name : List.of("wrong", "plainWrong", "inboxesWrong")) {
            assertThat(run.json().getInteger(name)).as(name).isZero();
        }
        assertThat(AllBench.rows("private", run.json())).isNotEmpty();
        assertThat(run.code()).isZero();
    }

    @Beside
    void aMulticastIsComparedWithAsManySinglePublications() throws Exception {
        Run run = Run.of("multicast", "--users", "1001", "--rounds", "1");

        assertThat(run.table()).anyMatch(line -> line.startsWith("in one call "));
        for (String name : List.of("multicast", "oneCaller", "singles")) {
            JsonObject arm = run.json().getJsonObject(name);
            assertThat(arm.getDouble("redisCpuMs")).as(name).isPositive();
            // Each gateway is told at least once what is published.
            assertThat(arm.getLong("bytesToAGateway")).as(name).isGreaterThan(128);
            assertThat(arm.getDouble("lastBrowserMs")).as(name).isPositive();
        }
        assertThat(run.json().getInteger("wrong")).isZero();
        assertThat(run.json().getInteger("inboxesWrong")).isZero();
        assertThat(AllBench.rows("multicast", run.json())).isNotEmpty();
        assertThat(run.code()).isZero();
    }

    @Beside
    void memoryIsComparedWithPlain() throws Exception {
        Run run = Run.of("memory", "--users", "60", "--few", "20", "--flags", "-XX:+UseSerialGC");

        for (String name : List.of("raw", "sockjs", "plain")) {
            // So few are lost in the noise, whichever way.
            assertThat(run.json().getJsonObject(name).fieldNames())
                    .as(name)
                    .containsExactly("residentBytes", "toPlain", "heapBytes");
        }
        assertThat(run.json().getString("flags")).isEqualTo("-XX:+UseSerialGC");
        assertThat(AllBench.rows("memory", run.json())).isNotEmpty();
        assertThat(run.code()).isZero();
    }

    @Beside
    void fanoutIsComparedWithTheLeast() throws Exception {
        Run run = Run.of("fanout", "--users", "20", "--broadcasts", "16", "--rounds", "1");

        assertThat(run.table()).anyMatch(line -> line.startsWith("the least, in "));
        for (String name : List.of("raw", "sockjs", "rawInFlight", "sockjsInFlight")) {
            assertThat(run.json().getJsonObject(name).getLong("garbageBytes"))
                    .as(name)
                    .isPositive();
        }
        assertThat(run.json().getInteger("troubles")).isZero();
        assertThat(AllBench.rows("fanout", run.json())).isNotEmpty();
        assertThat(run.code()).isZero();
    }

    @Beside
    void millionLosesNobody() throws Exception {
        Run run = Run.of("million", "--connections", "40", "--seconds", "1");

        assertThat(run.json().getInteger("connections")).isEqualTo(40);
        assertThat(run.json().getInteger("lost")).isZero();
        assertThat(AllBench.rows("million", run.json())).isNotEmpty();
        assertThat(run.code()).isZero();
    }

    @Beside
    void pausesAreRead() throws Exception {
        Run run = Run.of("gc", "--users", "40", "--seconds", "3");

        assertThat(run.json().getInteger("pauses")).isPositive();
        assertThat(run.json().getDouble("longestMs")).isPositive();
        assertThat(AllBench.rows("gc", run.json())).isNotEmpty();
        assertThat(run.code()).isZero();
    }

    @Beside
    void aStormLosesNobodyAndNothing() throws Exception {
        Run run = Run.of("storm", "--users", "40");

        assertThat(run.table()).anyMatch(line -> line.startsWith("back at once, 40 recovered "));
        assertThat(run.json().getJsonObject("storm").getInteger("recovered")).isEqualTo(40);
        assertThat(run.json().getJsonObject("storm").getInteger("missed")).isEqualTo(4);
        for (String name : List.of("asked", "kept", "plain")) {
            assertThat(run.json().getJsonObject(name).getLong("perCpuSecond"))
                    .as(name)
                    .isPositive();
        }
        assertThat(run.json().getJsonObject("othersMeanwhile").getDouble("maxMs"))
                .isPositive();
        assertThat(run.json().getInteger("wrong")).isZero();
        assertThat(AllBench.rows("storm", run.json())).isNotEmpty();
        assertThat(run.code()).isZero();
    }

    @Beside
    @ResourceLock(RECOVER)
    void whatItStartedEndsWithIt() throws Exception {
        Process bench = Run.start(RECOVER, "--users", "5000");
        Await.until("it has started a gateway", () -> {
            assertThat(bench.isAlive()).isTrue();
            return bench.descendants().anyMatch(child -> isRunning(child, "gateway.jar"));
        });
        List<ProcessHandle> children = bench.descendants().toList();
        new ProcessBuilder("kill", "-INT", Long.toString(bench.pid())).start().waitFor();
        assertThat(bench.waitFor(30, TimeUnit.SECONDS)).isTrue();
        for (ProcessHandle child : children) {
            child.onExit().get(30, TimeUnit.SECONDS);
        }
    }

    private static boolean isRunning(ProcessHandle process, String jar) {
        return Stream.of(process.info().arguments().orElse(new String[0])).anyMatch(argument -> argument.endsWith(jar));
    }

    /** What a benchmark printed, and its exit code. */
    private record Run(List<String> lines, int code) {
        static Run of(String... arguments) throws Exception {
            Process process = start(arguments);
            try (BufferedReader reader = process.inputReader()) {
                List<String> lines = reader.lines().toList();
                return new Run(lines, process.waitFor());
            }
        }

        static Process start(String... arguments) throws Exception {
            List<String> command = Stream.concat(
                            Stream.of(
                                    Path.of(System.getProperty("java.home"), "bin", "java")
                                            .toString(),
                                    "-jar",
                                    Path.of("target/deploy.jar")
                                            .toAbsolutePath()
                                            .toString(),
                                    "bench"),
                            Stream.of(arguments))
                    .toList();
            return ShortLived.of(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        }

        List<String> table() {
            return lines.subList(0, lines.size() - 1);
        }

        JsonObject json() {
            return new JsonObject(lines.get(lines.size() - 1));
        }
    }
}
