package fanfare.publisher;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.FlakyLink;
import fanfare.testing.RedisServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The program as an operator meets it: its exit codes, its words, its end. */
class ProcessIT {
    private record Ended(int code, String out, String err) {}

    @Test
    void mistakesAreOneLineEachAndNoStackTrace() throws Exception {
        Ended ended =
                run(Map.of("FANFARE_LISTEN_PORT", "x", "FANFARE_REDIS_PREFX", "a", "FANFARE_DEV_KEY", "dev.secret"));
        assertThat(ended.code()).isEqualTo(2);
        assertThat(ended.err().lines())
                .hasSize(3)
                .anyMatch(line -> line.startsWith("FANFARE_LISTEN_PORT is 'x'"))
                .anyMatch(line -> line.startsWith("FANFARE_DEV_KEY is '(redacted)'"))
                .anyMatch(line -> line.contains("did you mean FANFARE_REDIS_PREFIX?"));
    }

    @Test
    void anUnusableFileIsNamed() throws Exception {
        Ended ended = run(Map.of("FANFARE_KEYS_FILE", "/nowhere/keys", "FANFARE_LISTEN_HOST", "127.0.0.1"));
        assertThat(ended.code()).isEqualTo(2);
        assertThat(ended.err()).endsWith("FANFARE_KEYS_FILE is '/nowhere/keys': it cannot be read\n");
        Map<String, String> settings = new HashMap<>(settings(0, 0, "redis://127.0.0.1:1"));
        settings.put("FANFARE_WEBHOOK_URL", "http://127.0.0.1:1/");
        settings.put("FANFARE_WEBHOOK_SECRET_FILE", "/dev/null");
        ended = run(settings);
        assertThat(ended.code()).isEqualTo(2);
        assertThat(ended.err())
                .endsWith("FANFARE_WEBHOOK_SECRET_FILE is '/dev/null': it is no file of at most 1048576 bytes\n");
    }

    @Test
    void aTakenPortIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Ended ended = run(settings(taken.getLocalPort(), 0, "redis://127.0.0.1:1"));
            assertThat(ended.code()).isEqualTo(2);
            assertThat(ended.err())
                    .contains("port " + taken.getLocalPort() + " is taken: set FANFARE_LISTEN_PORT to another\n");
        }
    }

    @Test
    void theCommandLineExplainsItself() throws Exception {
        assertThat(run(Map.of(), "--help").out()).contains("new-key");
        assertThat(run(Map.of(), "publish").code()).isEqualTo(2);
        assertThat(run(Map.of(), "new-webhook-secret").out()).matches("whsec_[A-Za-z0-9+/]{43}=\n");
        Ended made = run(Map.of(), "new-key", "shop", "publish:user=/a,disconnect");
        assertThat(made.code()).isZero();
        assertThat(made.out()).contains("shop.").contains(", publish:user=/a,disconnect");
        assertThat(run(Map.of(), "new-key", "shop", "everything").code()).isEqualTo(2);
    }

    @Test
    void aStopFinishesWhatWasAccepted() throws Exception {
        int port = RedisServer.freePort();
        int management = RedisServer.freePort();
        try (RedisServer redis = RedisServer.start();
                FlakyLink link = FlakyLink.to(redis.port())) {
            Process publisher = launch(settings(port, management, "redis://127.0.0.1:" + link.port()));
            try {
                HttpClient client = HttpClient.newHttpClient();
                RunningPublisher.until("it is ready", () -> isReady(client, management));
                link.stall();
                CompletableFuture<HttpResponse<String>> answer = client.sendAsync(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/publish"))
                                .header("Authorization", "Bearer dev.secret")
                                .header("Content-Type", "application/json")
                                .POST(BodyPublishers.ofString(RunningPublisher.PUBLISH))
                                .build(),
                        BodyHandlers.ofString());
                RunningPublisher.until("it is under way", () -> underWay(client, management));
                publisher.destroy();
                RunningPublisher.until("the port is closed", () -> !accepts(port));
                link.resume();
                assertThat(answer.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
                assertThat(publisher.waitFor(20, TimeUnit.SECONDS)).isTrue();
            } finally {
                publisher.destroyForcibly();
            }
        }
    }

    private static Map<String, String> settings(int port, int managementPort, String redisUrl) {
        return Map.of(
                "FANFARE_LISTEN_HOST",
                "127.0.0.1",
                "FANFARE_LISTEN_PORT",
                Integer.toString(port),
                "FANFARE_MANAGEMENT_PORT",
                Integer.toString(managementPort),
                "FANFARE_DEV_KEY",
                "dev.secret",
                "FANFARE_PARENT_PID",
                Long.toString(ProcessHandle.current().pid()),
                "FANFARE_REDIS_URL",
                redisUrl);
    }

    private static boolean isReady(HttpClient client, int port) {
        return body(client, port, "/readyz").contains("\"status\":\"up\",\"checks\"");
    }

    private static boolean underWay(HttpClient client, int port) {
        return body(client, port, "/metrics")
                .lines()
                .anyMatch(line -> line.startsWith("fanfare_publishes_under_way") && line.endsWith(" 1.0"));
    }

    private static String body(HttpClient client, int port, String path) {
        try {
            return client.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                    .build(),
                            BodyHandlers.ofString())
                    .body();
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean accepts(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private static Ended run(Map<String, String> settings, String... args) throws Exception {
        Process process = launch(settings, args);
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(err).doesNotContain("\tat ");
        return new Ended(process.exitValue(), out, err);
    }

    private static Process launch(Map<String, String> settings, String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Publisher.class.getName()));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(name -> name.startsWith("FANFARE"));
        builder.environment().putAll(settings);
        return builder.start();
    }
}
