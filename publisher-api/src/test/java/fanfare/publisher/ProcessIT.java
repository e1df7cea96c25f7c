package fanfare.publisher;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.Await;
import fanfare.testing.FlakyLink;
import fanfare.testing.RawHttp;
import fanfare.testing.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
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
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program as an operator meets it: its exit codes, its words, its end. */
class ProcessIT {
    private static final int CALLERS = 20;

    private record Ended(int code, String out, String err) {}

    private record Running(Process process, int port, int managementPort) implements AutoCloseable {
        static Running start(String redisUrl) throws Exception {
            int port = RedisServer.freePort();
            int managementPort = RedisServer.freePort();
            Running started = new Running(launch(settings(port, managementPort, redisUrl)), port, managementPort);
            Await.until("it is ready", () -> isReady(managementPort));
            return started;
        }

        /** So many callers whose publications wait for Redis. */
        List<RawHttp> callers() {
            List<RawHttp> callers = new ArrayList<>();
            for (int i = 0; i < CALLERS; i++) {
                callers.add(publish(RawHttp.to(port)));
            }
            Await.until("all are under way", () -> underWay(managementPort) == CALLERS);
            return callers;
        }

        void terminate() {
            process.destroy();
        }

        void hasEndedWell() throws InterruptedException {
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

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

    /** Or the log's port would be that of one event loop among several. */
    @Test
    void anyFreePortIsOneThatTheLogTells(@TempDir Path folder) throws Exception {
        Path log = folder.resolve("log");
        Process publisher = command(settings(0, 0, RedisServer.shared().url()))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            Pattern told = Pattern.compile("listening on 127\\.0\\.0\\.1, port (\\d+); management on port (\\d+)");
            Await.until("it listens", () -> told.matcher(read(log)).find());
            Matcher ports = told.matcher(read(log));
            assertThat(ports.find()).isTrue();
            int port = Integer.parseInt(ports.group(1));
            int management = Integer.parseInt(ports.group(2));
            Await.until("it is ready", () -> isReady(management));
            assertThat(RawHttp.get(port, "/v1/openapi.yaml").status()).isEqualTo(200);
            assertThat(listeningOn(publisher.pid())).containsExactlyInAnyOrder(port, management);
        } finally {
            publisher.destroyForcibly();
        }
    }

    /** The ports of all of a process' sockets that take connections, as Linux has them. */
    private static Set<Integer> listeningOn(long pid) throws IOException {
        Set<String> sockets = new HashSet<>();
        try (Stream<Path> open = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            for (Path file : open.toList()) {
                try {
                    sockets.add(Files.readSymbolicLink(file).toString());
                } catch (NoSuchFileException closed) {
                    // It was no socket that stays.
                }
            }
        }
        Set<Integer> ports = new HashSet<>();
        for (String table : List.of("tcp", "tcp6")) {
            for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "net", table))) {
                String[] columns = line.strip().split(" +", -1);
                if (columns[3].equals("0A") && sockets.contains("socket:[" + columns[9] + "]")) {
                    ports.add(Integer.parseInt(columns[1].replaceFirst(".*:", ""), 16));
                }
            }
        }
        return ports;
    }

    @Test
    void theSettingsAreCheckedWithoutAStart(@TempDir Path folder) throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Map<String, String> settings = new HashMap<>(
                    settings(taken.getLocalPort(), 0, RedisServer.shared().url()));
            settings.put(
                    "FANFARE_KEYS_FILE",
                    Files.writeString(
                                    folder.resolve("keys"),
                                    MadeKey.with("a", "disconnect").line())
                            .toString());
            Ended well = run(settings, "check-config");
            assertThat(well.code()).isZero();
            assertThat(well.out())
                    .containsPattern("\n  FANFARE_DEV_KEY +\\(redacted\\)\n")
                    .contains("\nwarning  FANFARE_LISTEN_PORT: port " + taken.getLocalPort() + " is taken")
                    .contains("\nok       FANFARE_KEYS_FILE: 1 key\n", "\nok       Redis: takes writes\n")
                    .doesNotContain("dev.secret");

            settings.put("FANFARE_REDIS_URL", "redis://127.0.0.1:" + RedisServer.freePort());
            assertThat(run(settings, "check-config").code()).isEqualTo(1);

            Files.writeString(folder.resolve("keys"), "a, b");
            Ended mistaken = run(settings, "check-config");
            assertThat(mistaken.code()).isEqualTo(2);
            assertThat(mistaken.out())
                    .contains("error    FANFARE_KEYS_FILE is '" + folder.resolve("keys") + "': line 1 is not: ")
                    .contains("error    Redis: cannot be reached");

            settings.put("FANFARE_DURABILITY", "best");
            settings.put("FANFARE_RATE_LIMT", "5");
            settings.put("FANFARE_REDIS_URL", "redis://127.0.0.1:1/prod");
            Ended refused = run(settings, "check-config");
            assertThat(refused.code()).isEqualTo(2);
            assertThat(refused.out())
                    .contains("error    FANFARE_DURABILITY is 'best'")
                    .contains("error    FANFARE_REDIS_URL is 'redis://127.0.0.1:1/prod': it takes ")
                    .contains("error    FANFARE_RATE_LIMT is not a setting; did you mean FANFARE_RATE_LIMIT?");
        }
    }

    @Test
    void theCommandLineExplainsItself() throws Exception {
        assertThat(run(Map.of(), "--help").out()).contains("new-key", "check-config");
        assertThat(run(Map.of(), "publish").code()).isEqualTo(2);
        assertThat(run(Map.of(), "new-webhook-secret").out()).matches("whsec_[A-Za-z0-9+/]{43}=\n");
        Ended made = run(Map.of(), "new-key", "shop", "publish:user=/a,disconnect");
        assertThat(made.code()).isZero();
        assertThat(made.out()).contains("shop.").contains(", publish:user=/a,disconnect");
        assertThat(run(Map.of(), "new-key", "shop", "everything").code()).isEqualTo(2);
    }

    @Test
    void aStopFinishesWhatWasAcceptedAndWaitsForNoIdleConnection() throws Exception {
        try (RedisServer redis = RedisServer.start();
                FlakyLink link = FlakyLink.to(redis.port());
                Running publisher = Running.start("redis://127.0.0.1:" + link.port());
                RawHttp idle = RawHttp.to(publisher.port())) {
            assertThat(publish(idle).answer().status()).isEqualTo(200);
            link.stall();
            long begun = System.nanoTime();
            List<RawHttp> callers = publisher.callers();
            publisher.terminate();
            assertThat(idle.rest()).isEmpty();
            Await.until("the port is closed", () -> !accepts(publisher.port()));
            link.resume();
            // A machine that was away for longer than the broker tries has nothing to finish.
            boolean inTime = System.nanoTime() - begun < TimeUnit.SECONDS.toNanos(4);
            for (RawHttp caller : callers) {
                assertThat(caller.answer().status()).isIn(200, inTime ? 200 : 503);
                assertThat(caller.rest()).isEmpty();
                caller.close();
            }
            publisher.hasEndedWell();
        }
    }

    @Test
    void aStopTellsWhomRedisDoesNotAnswer() throws Exception {
        try (RedisServer redis = RedisServer.start();
                Running publisher = Running.start(redis.url())) {
            redis.kill();
            List<RawHttp> callers = publisher.callers();
            publisher.terminate();
            for (RawHttp caller : callers) {
                RawHttp.Answer answer = caller.answer();
                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.header("Retry-After")).isEqualTo("1");
                assertThat(caller.rest()).isEmpty();
                caller.close();
            }
            publisher.hasEndedWell();
        }
    }

    /** Whatever goes wrong, neither the log nor the command line, which everybody on the machine may read, has a secret. */
    @Test
    void nothingThatGoesWrongTellsASecret(@TempDir Path folder) throws Exception {
        int port = RedisServer.freePort();
        try (RedisServer redis = RedisServer.start("--requirepass", "right-secret")) {
            String url = "redis://user:wrong-secret@127.0.0.1:" + redis.port();
            Map<String, String> settings = new HashMap<>(settings(port, RedisServer.freePort(), url));
            settings.put("FANFARE_WEBHOOK_URL", "http://127.0.0.1:1/");
            settings.put(
                    "FANFARE_WEBHOOK_SECRET_FILE",
                    Files.writeString(folder.resolve("hooks"), "whsec_" + "c2VjcmV0".repeat(5))
                            .toString());
            Path log = folder.resolve("log");
            Process publisher = command(settings)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            try {
                Await.until("Redis refuses it", () -> read(log).contains("WRONGPASS"));
                Await.until("it listens", () -> accepts(port));
                for (String key : List.of("dev.guessed-secret", "secret-without-id", "dev.secret")) {
                    RawHttp.Answer answer = RawHttp.post(
                            port,
                            "/v1/publish",
                            "{\"to\":{\"user\":\"1\"},\"data\":secret-data}",
                            "Authorization: Bearer " + key,
                            "Content-Type: application/json");
                    assertThat(answer.status()).isEqualTo(key.equals("dev.secret") ? 400 : 401);
                }
                assertThat(read(Path.of("/proc", Long.toString(publisher.pid()), "cmdline")))
                        .contains(Publisher.class.getName())
                        .doesNotContain("dev.secret", "wrong-secret");
            } finally {
                publisher.destroyForcibly().waitFor();
            }
            assertThat(read(log))
                    .contains("FANFARE_DEV_KEY")
                    .doesNotContain(
                            "right-secret",
                            "wrong-secret",
                            "guessed-secret",
                            "secret-without-id",
                            "dev.secret",
                            "secret-data",
                            "c2VjcmV0");
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Callers that never pause; each learns from its last answer, and not from a reset, that it is the last. */
    @Test
    void aStopInTheMidstOfWorkResetsNobody() throws Exception {
        try (Running publisher = Running.start(RedisServer.shared().url())) {
            AtomicInteger answered = new AtomicInteger();
            List<CompletableFuture<String>> ends = new ArrayList<>();
            for (int i = 0; i < CALLERS; i++) {
                ends.add(CompletableFuture.supplyAsync(
                        () -> worked(publisher.port(), answered), caller -> new Thread(caller).start()));
            }
            Await.until("all are at work", () -> answered.get() > 20 * CALLERS);
            publisher.terminate();
            for (CompletableFuture<String> end : ends) {
                assertThat(end.get(20, TimeUnit.SECONDS)).isEmpty();
            }
            publisher.hasEndedWell();
        }
    }

    /** Publishes until an answer says that it is the last; returns what came behind it. */
    private static String worked(int port, AtomicInteger answered) {
        try (RawHttp caller = RawHttp.to(port)) {
            while (true) {
                RawHttp.Answer answer = publish(caller).answer();
                assertThat(answer.status()).isEqualTo(200);
                answered.incrementAndGet();
                if ("close".equalsIgnoreCase(answer.header("Connection"))) {
                    return caller.rest();
                }
            }
        }
    }

    private static RawHttp publish(RawHttp caller) {
        return caller.request(
                "POST",
                "/v1/publish",
                RunningPublisher.PUBLISH,
                "Authorization: Bearer dev.secret",
                "Content-Type: application/json");
    }

    @Test
    void bombsOfGigabytesFitIntoASmallHeap() throws Exception {
        int port = RedisServer.freePort();
        int management = RedisServer.freePort();
        Map<String, String> settings =
                new HashMap<>(settings(port, management, RedisServer.shared().url()));
        settings.put("JAVA_TOOL_OPTIONS", "-Xmx96m -XX:MaxDirectMemorySize=32m -XX:+ExitOnOutOfMemoryError");
        Process publisher = launch(settings);
        try {
            Await.until("it is ready", () -> isReady(management));
            HttpClient client = HttpClient.newHttpClient();
            List<CompletableFuture<Integer>> answers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                answers.add(client.sendAsync(
                                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/publish"))
                                        .header("Authorization", "Bearer dev.secret")
                                        .header("Content-Type", "application/json")
                                        .header("Content-Encoding", "gzip")
                                        .POST(BodyPublishers.ofByteArray(Gzip.bomb(2_000)))
                                        .build(),
                                BodyHandlers.ofString())
                        .thenApply(HttpResponse::statusCode));
            }
            for (CompletableFuture<Integer> answer : answers) {
                assertThat(answer.get(20, TimeUnit.SECONDS)).isEqualTo(413);
            }
            assertThat(body(management, "/metrics")).contains("fanfare_http_gzip_too_large_total 8.0");
        } finally {
            publisher.destroyForcibly();
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

    private static boolean isReady(int port) {
        return body(port, "/readyz").contains("\"status\":\"up\",\"checks\"");
    }

    private static double underWay(int port) {
        return body(port, "/metrics")
                .lines()
                .filter(line -> line.startsWith("fanfare_publishes_under_way{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    private static String body(int port, String path) {
        try {
            return RawHttp.get(port, path).body();
        } catch (UncheckedIOException e) {
            return ""; // It does not listen yet.
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
        return command(settings, args).start();
    }

    private static ProcessBuilder command(Map<String, String> settings, String... args) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Publisher.class.getName()));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(name -> name.startsWith("FANFARE"));
        builder.environment().putAll(settings);
        return builder;
    }
}
