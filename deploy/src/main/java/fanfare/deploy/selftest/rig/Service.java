package fanfare.deploy.selftest.rig;

import fanfare.deploy.dev.Child;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** A gateway, a publisher or the site, which can be killed, started again and paused. Confined to the main thread. */
public final class Service {
    private static final Duration ANSWER_MAX = Duration.ofSeconds(5);

    /** Starts a run of the service; the number keeps their logs apart. */
    interface Starter {
        Child start(int run) throws IOException;
    }

    /** One for all questions: each client keeps its connection, of which a service takes only so many. */
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final Starter starter;
    private final int port;
    private final int managementPort;
    private int runs;
    private Child child;

    Service(int port, int managementPort, Starter starter) throws IOException {
        this.starter = starter;
        this.port = port;
        this.managementPort = managementPort;
        this.child = starter.start(++runs);
    }

    public int port() {
        return port;
    }

    int managementPort() {
        return managementPort;
    }

    Child child() {
        return child;
    }

    /** As kill -9 does. */
    public void kill() throws InterruptedException {
        child.kill();
    }

    /** Starts it again after it was killed. */
    public void startAgain() throws IOException {
        child = starter.start(++runs);
    }

    /** Stops it in its tracks until the pause is ended, or until the launcher ends, however that happens. */
    public Pause pause() throws IOException {
        return Pause.of(child.pid());
    }

    /** The sum of a metric's values whose line begins so. */
    public double metric(String prefix) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + managementPort + "/metrics"))
                .timeout(ANSWER_MAX)
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString())
                .body()
                .lines()
                .filter(line -> line.startsWith(prefix))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** Memory that the process has in RAM [MiB]. */
    public long residentMegabytes() throws IOException {
        return Files.readAllLines(Path.of("/proc", Long.toString(child.pid()), "status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) >> 10)
                .findFirst()
                .orElse(0);
    }
}
