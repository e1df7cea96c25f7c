package fanfare.deploy.bench;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;

/** Thousands of WebSockets that only count, in a process of their own. Blocks the caller. */
final class Sinks {
    private static final int COMING_AT_ONCE = 200;

    private final Remote remote;

    /** What is said on a WebSocket. */
    enum Framing {
        RAW,
        SOCKJS
    }

    /**
     * Since the start of the process.
     *
     * @param heard messages
     * @param open connections there are now
     * @param troubles connections that a server closed; the process' log says how
     */
    record Counts(long heard, long heartbeats, int open, int troubles) {}

    /** When messages came after a moment [ms]. */
    record Arrivals(double p50, double p99, double max) {}

    private Sinks(Remote remote) {
        this.remote = remote;
    }

    static Sinks start(Workbench workbench, String name) throws IOException, InterruptedException {
        return new Sinks(new Remote(name, workbench.startOwn(name, "sinks").port()));
    }

    /** So many users connect, from a first one on; returns when all are welcome. */
    void come(int port, Framing framing, int first, int count) throws IOException, InterruptedException {
        remote.ask("/come?port=%d&framing=%s&first=%d&count=%d&atOnce=%d"
                .formatted(port, framing.name().toLowerCase(Locale.ROOT), first, count, COMING_AT_ONCE));
    }

    /** The newest leave without a word. */
    void leave(int count) throws IOException, InterruptedException {
        remote.ask("/leave?count=" + count);
    }

    /** The oldest read no more. */
    void deafen(int count) throws IOException, InterruptedException {
        remote.ask("/deafen?count=" + count);
    }

    Counts counts() throws IOException, InterruptedException {
        JsonObject answer = remote.ask("/counts");
        return new Counts(
                answer.getLong("heard"),
                answer.getLong("heartbeats"),
                answer.getInteger("open"),
                answer.getInteger("troubles"));
    }

    /** Waits until so many messages have come in all. */
    void awaitHeard(long messages, Duration max) throws IOException, InterruptedException {
        if (!remote.awaitHeard("/counts", messages, max)) {
            Counts now = counts();
            throw new IOException("%,d of %,d messages have arrived; %,d connections were closed by the server"
                    .formatted(now.heard(), messages, now.troubles()));
        }
    }

    /** When messages came since this was asked last, after a moment of {@link System#nanoTime}; the first 16,384 count. */
    Arrivals arrivals(long sinceNanos) throws IOException, InterruptedException {
        JsonObject answer = remote.ask("/arrivals?since=" + sinceNanos);
        return new Arrivals(answer.getDouble("p50Ms"), answer.getDouble("p99Ms"), answer.getDouble("maxMs"));
    }
}
