package fanfare.deploy.selftest;

import fanfare.deploy.selftest.client.SlowReaders;
import fanfare.deploy.selftest.rig.Pause;
import fanfare.deploy.selftest.rig.Service;
import io.vertx.core.Future;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** Faults that come from the browsers' side, and from the site's. */
final class ClientFaults {
    private static final int SLOW = 20;
    private static final int FLOOD_BYTES = 60_000;
    /** Far more than the kernel's buffers and a client's budget, so that it ends somewhen even if nobody is closed. */
    private static final int FLOODS_MAX = 600;
    /**
     * Half of a client's budget. Were they to wait for each other and for a look at the metrics, a busy machine would need
     * more than the 30 s after which the kernel gives up who takes nothing.
     */
    private static final int FLOODS_AT_ONCE = 8;

    private static final int FLOOD_S_MAX = 15;
    private static final String SLOW_CLOSES = "fanfare_closes_total{code=\"4002\"}";
    private static final String QUEUED = "fanfare_queue_bytes";
    /** What one client may have waiting [bytes], and what all others may for a moment. */
    private static final int BUDGET = 1 << 20;

    private static final int NEWCOMERS = 20;
    private static final int SITE_UNAVAILABLE = 4005;
    private static final Duration REFUSED_WITHIN = Duration.ofSeconds(30);
    private static final Duration IN_WITHIN = Duration.ofSeconds(60);

    private ClientFaults() {}

    static void stopReading(Stage stage) throws IOException, InterruptedException {
        Service gateway = stage.rig.gateways().get(0);
        List<String> cookies = stage.logins.apply(SLOW);
        SlowReaders readers = stage.loop.ask(() -> new SlowReaders(stage.vertx));
        try {
            double closesBefore = gateway.metric(SLOW_CLOSES);
            long residentBefore = gateway.residentMegabytes();
            stage.loop.run(() -> readers.join(gateway.port(), cookies));
            stage.expect(
                    stage.loop.await(IN_WITHIN, () -> readers.stalled() == SLOW), "the slow clients are welcome first");
            double queuedMost = 0;
            int floods = 0;
            while (floods < FLOODS_MAX && gateway.metric(SLOW_CLOSES) - closesBefore < SLOW) {
                flood(stage);
                floods += FLOODS_AT_ONCE;
                queuedMost = Math.max(queuedMost, gateway.metric(QUEUED));
            }
            double closed = gateway.metric(SLOW_CLOSES) - closesBefore;
            stage.expect(closed == SLOW, "all %d slow clients are closed with 4002: %.0f were".formatted(SLOW, closed));
            stage.expect(
                    queuedMost <= (SLOW + 4) * BUDGET,
                    "at most 1 MiB waits for each slow client: %,.0f bytes did for all".formatted(queuedMost));
            stage.pass(3);
            stage.expect(gateway.metric(QUEUED) < BUDGET, "nothing waits for who is closed");
            stage.remark("%d slow clients closed after %.1f MB each; at most %.1f MB queued; gateway grew by %d MB"
                    .formatted(
                            SLOW,
                            floods * FLOOD_BYTES / 1e6,
                            queuedMost / 1e6,
                            gateway.residentMegabytes() - residentBefore));
        } finally {
            stage.loop.run(readers::leave);
        }
    }

    private static void flood(Stage stage) {
        try {
            stage.loop
                    .ask(() -> Future.all(IntStream.range(0, FLOODS_AT_ONCE)
                            .mapToObj(flood -> stage.load.flood(FLOOD_BYTES))
                            .toList()))
                    .await(FLOOD_S_MAX, TimeUnit.SECONDS);
        } catch (Exception e) {
            stage.expect(false, "broadcasts are accepted while clients are slow: " + e.getMessage());
        }
    }

    static void pauseSite(Stage stage) throws IOException, InterruptedException {
        List<String> cookies = stage.logins.apply(NEWCOMERS);
        Pause pause = stage.rig.site().pause();
        try {
            stage.loop.run(() -> stage.crowd.join(cookies));
            stage.expect(
                    stage.loop.await(REFUSED_WITHIN, () -> stage.crowd.refusals(SITE_UNAVAILABLE) >= NEWCOMERS),
                    "newcomers are closed with 4005: %d of %d were"
                            .formatted(stage.loop.ask(() -> stage.crowd.refusals(SITE_UNAVAILABLE)), NEWCOMERS));
        } finally {
            pause.end();
        }
        stage.expectAllIn(IN_WITHIN);
    }

    static void storm(Stage stage) throws IOException, InterruptedException {
        stage.repeat(round -> {
            long startMs = stage.loop.nowMs();
            stage.loop.run(() -> {
                stage.crowd.drop(100);
                stage.crowd.comeBack();
            });
            stage.expectAllIn(IN_WITHIN);
            stage.remark("all in after %.1f s".formatted((stage.loop.nowMs() - startMs) / 1_000.0));
            stage.pass(3);
        });
    }
}
