package fanfare.deploy.selftest;

import fanfare.deploy.selftest.client.Crowd;
import fanfare.deploy.selftest.client.Dialer;
import fanfare.deploy.selftest.client.Load;
import fanfare.deploy.selftest.client.Loop;
import fanfare.deploy.selftest.client.SiteLogins;
import fanfare.deploy.selftest.ledger.Ledger;
import fanfare.deploy.selftest.rig.Rig;
import fanfare.deploy.selftest.rig.Service;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** Plays one fault after the other, each with a crowd and books of its own, before one cluster. Confined to the main thread. */
final class Theatre {
    private static final Duration IN_WITHIN = Duration.ofSeconds(60);
    /** What a fault needs beside its script: clients that connect, the load before and after, the settling. */
    private static final Duration AROUND = Duration.ofSeconds(10);

    private static final Duration PLAY_MIN = Duration.ofSeconds(5);
    private static final long WARM_UP_S = 2;
    /** What is due must have come by then: a gateway compares all its channels with Redis once in 60 s. */
    private static final Duration SETTLE_MAX = Duration.ofSeconds(75);
    /** Then something that comes twice has time to do so. */
    private static final long LINGER_S = 2;

    private static final int LOAD_END_S_MAX = 60;
    private static final long PROGRESS_MS = 5_000;
    /** Of five users, one has two clients. */
    private static final double USERS_PER_CONNECTION = 0.8;

    private final Vertx vertx;
    private final Rig rig;
    private final SelftestOptions options;
    private final Random random;
    private final Loop loop;
    private final Dialer dialer;
    private final SiteLogins site;
    private final int users;
    /** Of the clients that every fault has. */
    private final List<String> cookies;

    Theatre(Vertx vertx, Rig rig, SelftestOptions options, Random random) {
        this.vertx = vertx;
        this.rig = rig;
        this.options = options;
        this.random = random;
        this.loop = new Loop(vertx);
        this.users = Math.max(1, (int) (options.connections() * USERS_PER_CONNECTION));
        this.dialer =
                new Dialer(vertx, rig.gateways().stream().map(Service::port).toList(), new Random(random.nextLong()));
        this.site = new SiteLogins(vertx, rig.site().port());
        this.cookies = logins(0, options.connections());
    }

    Row play(Fault fault) throws IOException, InterruptedException {
        rig.awaitReady();
        Ledger ledger = new Ledger(fault.label() + "-" + options.seed() + "-");
        Random dice = new Random(random.nextLong());
        Crowd crowd = loop.ask(() -> new Crowd(vertx, loop, dialer, dice, ledger, users));
        Load load = loop.ask(() -> new Load(vertx, loop, publishers(), users, ledger, dice));
        Stage stage = new Stage(
                vertx,
                rig,
                loop,
                ledger,
                crowd,
                load,
                random,
                users,
                count -> logins(loop.ask(crowd::size), count),
                length());
        long startMs = loop.nowMs();
        long progress = loop.ask(() -> vertx.setPeriodic(
                PROGRESS_MS,
                timer -> System.out.printf(
                        "%-16s %4d s: %d of %d in, %d published, %d missing, %d disconnects%n",
                        fault.label(),
                        (loop.nowMs() - startMs) / 1_000,
                        crowd.in(),
                        crowd.size(),
                        load.published(),
                        ledger.missing(),
                        crowd.disconnects())));
        try {
            loop.run(() -> crowd.join(cookies));
            stage.expectAllIn(IN_WITHIN);
            loop.run(load::start);
            stage.pass(WARM_UP_S);
            play(fault, stage);
            stage.pass(WARM_UP_S);
            end(stage);
            settle(stage);
            int disconnects = loop.ask(crowd::disconnects);
            stage.expect(
                    disconnects == 0 || !fault.sparesConnections(),
                    "nobody is disconnected: %d were".formatted(disconnects));
            double seconds = (loop.nowMs() - startMs) / 1_000.0;
            return loop.ask(() -> new Row(
                    fault, seconds, ledger.verdict(), crowd.disconnectsByCode(), stage.broken(), stage.remarks()));
        } finally {
            vertx.cancelTimer(progress);
            loop.run(crowd::leave);
            loop.run(load::close);
            rig.redis().mend();
        }
    }

    /** One that cannot be played is reported like one that breaks something, and the next ones are played. */
    private static void play(Fault fault, Stage stage) throws InterruptedException {
        try {
            fault.play(stage);
        } catch (IOException e) {
            stage.expect(false, "it can be played: " + e.getMessage());
        }
    }

    private void end(Stage stage) {
        try {
            loop.ask(stage.load::stop).await(LOAD_END_S_MAX, TimeUnit.SECONDS);
        } catch (Exception e) {
            stage.expect(false, "the publishers answer in the end");
        }
        int refused = loop.ask(stage.load::refused);
        stage.expect(refused == 0, "no publication is refused: %d were".formatted(refused));
    }

    private void settle(Stage stage) throws InterruptedException {
        boolean settled =
                loop.await(SETTLE_MAX, () -> stage.ledger.missing() == 0 && stage.crowd.in() == stage.crowd.size());
        if (!settled) {
            int in = loop.ask(stage.crowd::in);
            int size = loop.ask(stage.crowd::size);
            stage.expect(in == size, "all are in in the end: %d of %d were".formatted(in, size));
        }
        stage.pass(LINGER_S);
    }

    /** What is left of a fault's time for its script. */
    private Duration length() {
        Duration left = options.perFault().minus(AROUND);
        return left.compareTo(PLAY_MIN) < 0 ? PLAY_MIN : left;
    }

    private List<Load.Target> publishers() {
        List<Load.Target> targets = new ArrayList<>();
        for (int i = 0; i < Rig.PUBLISHERS; i++) {
            targets.add(new Load.Target(rig.publishers().get(i).port(), rig.key(i)));
        }
        return targets;
    }

    private List<String> logins(int firstClient, int count) {
        return site.login(count, i -> Load.user((firstClient + i) % users));
    }
}
