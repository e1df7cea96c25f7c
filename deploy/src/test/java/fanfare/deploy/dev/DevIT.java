package fanfare.deploy.dev;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.deploy.selftest.client.SiteLogins;
import fanfare.testing.Await;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import io.vertx.core.Vertx;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The launcher as a developer meets it: a process that is started, watched, told to stop, and killed. */
@Timeout(180)
class DevIT {
    private static final Path JAR = Path.of("target/deploy.jar").toAbsolutePath();

    private final HttpClient client = HttpClient.newHttpClient();
    private final Ports ports = freePorts();
    private final List<String> printed = new ArrayList<>();
    private final List<Process> launchers = new ArrayList<>();

    @AfterEach
    void nothingIsLeft() throws Exception {
        for (Process launcher : launchers) {
            launcher.destroy();
            assertThat(launcher.waitFor(60, SECONDS)).isTrue();
        }
    }

    @Test
    void startsEverythingAndStopsEverything() throws Exception {
        Process launcher = launch("--gateways", "3", "--redis", "cluster");
        awaitSummary(launcher);
        for (int port : List.of(
                ports.siteManagement(),
                ports.balancerManagement(),
                ports.publisherManagement(),
                ports.gatewayManagement(1),
                ports.gatewayManagement(2),
                ports.gatewayManagement(3))) {
            awaitOk(port, "/readyz");
        }
        assertThat(get(ports.site(), "/")).isEqualTo(200);
        awaitOk(ports.balancer(), "/push");
        assertThat(String.join("\n", printed)).contains("http://localhost:" + ports.site() + "/");
        theCurlThatItPrintsReachesAlice();
        stops(launcher, RedisKind.CLUSTER);
    }

    @Test
    void startsSentinelsToo() throws Exception {
        Process launcher = launch("--redis", "sentinel");
        awaitSummary(launcher);
        theCurlThatItPrintsReachesAlice();
        stops(launcher, RedisKind.SENTINEL);
    }

    private void stops(Process launcher, RedisKind kind) throws InterruptedException {
        launcher.destroy();
        assertThat(launcher.waitFor(60, SECONDS)).isTrue();
        assertThat(launcher.exitValue()).isZero();
        assertThat(ports.taken(3, kind)).isEmpty();
    }

    private void theCurlThatItPrintsReachesAlice() throws Exception {
        Vertx vertx = Vertx.vertx();
        String cookie =
                new SiteLogins(vertx, ports.site()).login(1, client -> "alice").get(0);
        PushClient alice = PushClient.connect(
                vertx, PushTransport.RAW_WEBSOCKET, "http://127.0.0.1:" + ports.balancer(), Map.of("Cookie", cookie));
        alice.awaitOpen().send("{\"type\":\"hello\"}").expectWelcome();
        String curl = String.join("\n", printed)
                .replaceFirst("(?s).*  Publish    (curl .*?)\n\n.*", "$1")
                .replaceFirst("curl ", "curl -sS --fail-with-body ");
        Process shell =
                new ProcessBuilder("sh", "-c", curl).redirectErrorStream(true).start();
        String answer = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(shell.waitFor()).as(answer).isZero();
        assertThat(answer).contains("\"position\"");
        alice.expectEvent("message_event_type");
        alice.close();
        vertx.close().await(30, SECONDS);
    }

    @Test
    void aKilledLauncherLeavesNoOrphans() throws Exception {
        Process launcher = launch();
        awaitSummary(launcher);
        List<ProcessHandle> children = launcher.descendants().toList();
        assertThat(children).hasSizeGreaterThanOrEqualTo(6);
        launcher.destroyForcibly();
        for (ProcessHandle child : children) {
            child.onExit().get(30, SECONDS);
        }
        awaitFree(2);
    }

    @Test
    void aProcessThatDiesIsNotedAndTheOthersGoOn() throws Exception {
        Process launcher = launch();
        awaitSummary(launcher);
        ProcessHandle victim = launcher.descendants()
                .filter(child -> Stream.of(child.info().arguments().orElse(new String[0]))
                        .anyMatch(argument -> argument.endsWith("publisher-api.jar")))
                .findFirst()
                .orElseThrow();
        victim.destroyForcibly();
        assertThat(read(launcher, "publisher ended with exit code 137")).isTrue();
        awaitOk(ports.balancer(), "/push");
    }

    @Test
    void aTakenPortIsOneLineAndNothingStarts() throws Exception {
        try (ServerSocket taken = new ServerSocket(ports.gateway(1), 1, InetAddress.getLoopbackAddress())) {
            Process launcher = launch();
            assertThat(read(launcher, "nothing says this")).isFalse();
            assertThat(launcher.waitFor(30, SECONDS)).isTrue();
            assertThat(launcher.exitValue()).isEqualTo(1);
            assertThat(printed)
                    .singleElement()
                    .asString()
                    .contains(Integer.toString(taken.getLocalPort()))
                    .contains("--port-offset");
        }
        assertThat(ports.taken(2, RedisKind.ALONE)).isEmpty();
    }

    @Test
    void theShellsOwnSettingsDoNotReachTheChildren() throws Exception {
        ProcessBuilder builder = command();
        builder.environment().put("FANFARE_LISTEN_PORT", "1");
        builder.environment().put("FANFARE_NO_SUCH_SETTING", "1");
        awaitSummary(start(builder));
    }

    private Process launch(String... options) throws IOException {
        return start(command(options));
    }

    private ProcessBuilder command(String... options) {
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                JAR.toString(),
                "dev",
                "--port-offset",
                Integer.toString(ports.offset())));
        line.addAll(List.of(options));
        return new ProcessBuilder(line).redirectErrorStream(true);
    }

    private Process start(ProcessBuilder builder) throws IOException {
        Process launcher = builder.start();
        launchers.add(launcher);
        return launcher;
    }

    private void awaitSummary(Process launcher) throws IOException {
        assertThat(read(launcher, "Ctrl-C stops it all."))
                .as(String.join("\n", printed))
                .isTrue();
    }

    /** Reads until a line contains the text; false if the output ends before. */
    private boolean read(Process launcher, String text) throws IOException {
        BufferedReader reader = launcher.inputReader();
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            printed.add(line);
            if (line.contains(text)) {
                return true;
            }
        }
        return false;
    }

    /** The balancer takes a gateway that is slow to answer out of the rotation for a moment. */
    private void awaitOk(int port, String path) {
        Await.until("port " + port + " answers 200 to " + path, () -> get(port, path) == 200);
    }

    private int get(int port, String path) {
        try {
            return client.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                    .build(),
                            BodyHandlers.discarding())
                    .statusCode();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void awaitFree(int gateways) {
        Await.until("all ports are free", () -> ports.taken(gateways, RedisKind.ALONE)
                .isEmpty());
    }

    private static Ports freePorts() {
        return IntStream.generate(() -> ThreadLocalRandom.current().nextInt(100, 20_000))
                .mapToObj(Ports::new)
                .filter(ports -> ports.taken(3, RedisKind.CLUSTER).isEmpty()
                        && ports.taken(3, RedisKind.SENTINEL).isEmpty())
                .findFirst()
                .orElseThrow();
    }
}
