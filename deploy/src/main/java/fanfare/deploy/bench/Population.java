package fanfare.deploy.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.regex.Pattern;

/** What a gateway counts, from its metrics. Blocks the caller. */
final class Population {
    private static final int POLL_MS = 50;

    private final HttpClient http = HttpClient.newHttpClient();
    private final HttpRequest request;

    Population(int managementPort) {
        this.request = HttpRequest.newBuilder(
                        URI.create("http://" + Workbench.LOOPBACK + ":" + managementPort + "/metrics"))
                .timeout(Duration.ofSeconds(10))
                .build();
    }

    /** Waits until the gateway has noticed who left. */
    void awaitAtMost(int connections, Duration max) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + max.toNanos();
        while (sum("fanfare_connections") > connections) {
            if (System.nanoTime() > deadline) {
                throw new IOException("the gateway does not notice who left");
            }
            Thread.sleep(POLL_MS);
        }
    }

    /** All samples of a metric together. */
    double sum(String metric) throws IOException, InterruptedException {
        String metrics =
                http.send(request, HttpResponse.BodyHandlers.ofString()).body();
        return Pattern.compile("^" + metric + "(?:\\{[^}]*})? ([0-9.E]+)$", Pattern.MULTILINE)
                .matcher(metrics)
                .results()
                .mapToDouble(match -> Double.parseDouble(match.group(1)))
                .sum();
    }
}
