package fanfare.deploy.bench;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/** Tells the browsers in a process of their own what they shall do. Blocks the caller. */
final class Browsers {
    private static final int FOLLOW_MS = 5;

    private final Remote remote;
    private final int port;
    /** What {@link #follow} knows; confined to the event loop. */
    private long heard;

    private boolean asking;

    private Browsers(int port) {
        this.remote = new Remote("the browsers", port);
        this.port = port;
    }

    /** So many users, from a first one on. */
    static Browsers start(Workbench workbench, String name, int firstUser, int users)
            throws IOException, InterruptedException {
        return new Browsers(
                workbench.startOwn(name, "audience", firstUser, users).port());
    }

    /**
     * What became of a coming.
     *
     * @param recovered how many were told {@code recovered: true}
     * @param retries how often one of them was refused or cut off, and tried again
     * @param seconds until the last one was welcome
     */
    record Came(int recovered, int retries, double seconds) {}

    Came come(int gatewayPort, int first, int count, int atOnce) throws IOException, InterruptedException {
        JsonObject answer =
                remote.ask("/come?port=%d&first=%d&count=%d&atOnce=%d".formatted(gatewayPort, first, count, atOnce));
        return new Came(answer.getInteger("recovered"), answer.getInteger("retries"), answer.getDouble("seconds"));
    }

    void leave(int first, int count) throws IOException, InterruptedException {
        remote.ask("/leave?first=%d&count=%d".formatted(first, count));
    }

    /** Lets {@link #heardLately} know from now on how many notes have come; on the event loop. */
    void follow(Vertx vertx) {
        var client = vertx.createHttpClient();
        vertx.setPeriodic(FOLLOW_MS, tick -> {
            if (!asking) {
                asking = true;
                client.request(HttpMethod.GET, port, Workbench.LOOPBACK, "/heard")
                        .compose(HttpClientRequest::send)
                        .compose(HttpClientResponse::body)
                        .onSuccess(answer -> heard = answer.toJsonObject().getLong("heard"))
                        .onComplete(answer -> asking = false);
            }
        });
    }

    /** How many notes had come some milliseconds ago; on the event loop. */
    long heardLately() {
        return heard;
    }

    /** Waits until so many notes have come in all since the start; false if they do not. */
    boolean awaitHeard(long notes, Duration max) throws IOException, InterruptedException {
        return remote.awaitHeard("/heard", notes, max);
    }

    /** How often something came that should not; the process' log says what. */
    int troubles() throws IOException, InterruptedException {
        return remote.ask("/heard").getInteger("troubles");
    }

    /**
     * From the call that publishes to the browser, since this was asked last [ms].
     *
     * @param lastNanos when the last message came, on the clock of {@link System#nanoTime}
     */
    record Delays(double p50, double p99, double max, long lastNanos) {}

    Delays takeDelays() throws IOException, InterruptedException {
        JsonObject answer = remote.ask("/delays");
        return new Delays(
                answer.getDouble("p50Ms"),
                answer.getDouble("p99Ms"),
                answer.getDouble("maxMs"),
                answer.getLong("lastNanos"));
    }

    /** Keeps from now on what {@link #takeArrivals} tells. */
    void followArrivals() throws IOException, InterruptedException {
        remote.ask("/follow");
    }

    /**
     * A note that came.
     *
     * @param publishedNanos on the clock of {@link System#nanoTime}
     * @param millis until it came
     */
    record Arrival(int user, long publishedNanos, double millis) {}

    /** Each note that came since this was asked last. */
    List<Arrival> takeArrivals() throws IOException, InterruptedException {
        JsonObject answer = remote.ask("/arrivals");
        JsonArray users = answer.getJsonArray("users");
        JsonArray published = answer.getJsonArray("publishedNanos");
        JsonArray millis = answer.getJsonArray("millis");
        return IntStream.range(0, users.size())
                .mapToObj(i -> new Arrival(users.getInteger(i), published.getLong(i), millis.getDouble(i)))
                .toList();
    }

    /** For each user how many notes came, and the sum of their numbers. */
    JsonObject ledger() throws IOException, InterruptedException {
        return remote.ask("/ledger");
    }
}
