package fanfare.deploy.observability;

import fanfare.testing.Await;
import fanfare.testing.Program;
import fanfare.testing.RawHttp;
import fanfare.testing.RedisServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Prometheus as this machine has it, in a process of its own, with our rules. */
final class Prometheus implements AutoCloseable {
    private final Process process;
    private final Path output;
    private final int port = RedisServer.freePort();

    private Prometheus(Path folder, Map<String, List<Integer>> jobs) throws IOException {
        this.output = folder.resolve("output");
        StringBuilder configuration = new StringBuilder("global: {scrape_interval: 1s, evaluation_interval: 1s}\n")
                .append("rule_files: [")
                .append(Path.of("observability/rules.yaml").toAbsolutePath())
                .append("]\nscrape_configs:\n");
        jobs.forEach((job, ports) -> configuration
                .append("- {job_name: ")
                .append(job)
                .append(", static_configs: [{targets: [")
                .append(ports.stream().map(each -> "'127.0.0.1:" + each + "'").collect(Collectors.joining(",")))
                .append("]}]}\n"));
        Path file = Files.writeString(folder.resolve("prometheus.yaml"), configuration);
        this.process = new ProcessBuilder(
                        Program.path("prometheus"),
                        "--config.file=" + file,
                        "--storage.tsdb.path=" + folder.resolve("data"),
                        "--web.listen-address=127.0.0.1:" + port)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
    }

    /** Starts one that scrapes these management ports, by job, and waits until it has asked each of them. */
    static Prometheus start(Path folder, Map<String, List<Integer>> jobs) throws IOException {
        Prometheus started = new Prometheus(folder, jobs);
        int targets = jobs.values().stream().mapToInt(List::size).sum();
        try {
            Await.until(
                    "Prometheus reaches everybody",
                    () -> started.answers() && started.query("up == 1").size() == targets);
        } catch (AssertionError e) {
            started.close();
            throw new AssertionError(Files.readString(started.output), e);
        }
        return started;
    }

    /** What an expression comes to now: a list of series with their values. */
    JsonArray query(String expression) {
        return get("/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8))
                .getJsonArray("result");
    }

    /** All rules, as Prometheus read them. */
    List<JsonObject> rules() {
        return get("/api/v1/rules").getJsonArray("groups").stream()
                .flatMap(group -> ((JsonObject) group).getJsonArray("rules").stream())
                .map(JsonObject.class::cast)
                .toList();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean answers() {
        if (!process.isAlive()) {
            throw new AssertionError("Prometheus did not start");
        }
        try {
            return RawHttp.get(port, "/-/ready").status() == 200;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    private JsonObject get(String path) {
        RawHttp.Answer answer = RawHttp.get(port, path);
        if (answer.status() != 200) {
            throw new AssertionError(path + ": " + answer.body());
        }
        return new JsonObject(answer.body()).getJsonObject("data");
    }
}
