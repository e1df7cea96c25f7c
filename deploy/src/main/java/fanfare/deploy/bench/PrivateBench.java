package fanfare.deploy.bench;

import fanfare.deploy.bench.audience.Note;
import fanfare.deploy.command.Arguments;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/**
 * What a message to one user costs on its whole way, beside the plainest service that does the same: HTTP request, publisher,
 * Redis, gateway, WebSocket. Each side has a Redis, a publisher, a gateway and browsers of its own and is idle while it is the
 * other's turn. The servers' CPU time counts, not the clock, since browsers and callers share the machine.
 */
final class PrivateBench {
    private static final int BATCH = 100;
    private static final int CALLERS = 64;
    private static final int BATCH_CALLERS = 8;
    /** For the JVM to compile what is busy, which takes a publisher as much CPU as its work does at first. */
    private static final int ROUNDS_UNCOUNTED = 5;

    private static final int COMING_AT_ONCE = 200;
    private static final Duration STEP_MAX = Duration.ofMinutes(2);
    /** After the last answer; what is not there by then is lost. */
    private static final Duration ARRIVAL_MAX = Duration.ofSeconds(20);
    /** For the gateway, above its users. */
    private static final int ROOM = 100;
    /** Every run draws the same users. */
    private static final long SEED = 20_251_126;

    private final Options options;

    /**
     * @param millis of each round
     * @param rounds of each kind and side
     */
    record Options(int users, int millis, int rounds) {
        /** @throws IllegalArgumentException with one sentence for people */
        static Options parse(List<String> arguments) {
            Arguments given = new Arguments(arguments, "--users", "--millis", "--rounds");
            int most = Workbench.CONNECTIONS_MAX;
            return new Options(
                    given.number("--users", most, 10, most),
                    given.number("--millis", 3_000, 100, 60_000),
                    given.number("--rounds", 3, 1, 20));
        }
    }

    PrivateBench(Options options) {
        this.options = options;
    }

    /** One service with all that is around it. */
    private record Side(String name, RedisMeter redis, long publisher, long gateway, Browsers browsers, Sent sent) {
        Spent spent() throws IOException {
            return new Spent(Cpu.nanos(publisher) / 1e3, Cpu.nanos(gateway) / 1e3, redis.cpuMicros());
        }
    }

    /** What the servers have spent [us]. */
    private record Spent(double publisher, double gateway, double redis) {
        Spent since(Spent before, long messages) {
            return new Spent(
                    (publisher - before.publisher) / messages,
                    (gateway - before.gateway) / messages,
                    (redis - before.redis) / messages);
        }

        double all() {
            return publisher + gateway + redis;
        }
    }

    /** One way to publish on one side, and what was measured of it. */
    private static final class Arm {
        final Side side;
        final Callers callers;
        final int batch;
        final Rates perCpuSecond = new Rates();
        final Rates perSecond = new Rates();
        final Rates publisher = new Rates();
        final Rates gateway = new Rates();
        final Rates redis = new Rates();
        Browsers.Delays delays = new Browsers.Delays(0, 0, 0, 0);

        Arm(Side side, Callers callers, int batch) {
            this.side = side;
            this.callers = callers;
            this.batch = batch;
        }

        String kind() {
            return batch == 1 ? "single" : "batches of " + batch;
        }
    }

    Outcome run(Workbench workbench) throws IOException, InterruptedException {
        Vertx vertx = Vertx.vertx();
        Loop loop = new Loop(vertx);
        HttpServer site = loop.await("the site", STEP_MAX, () -> Doorman.listen(vertx));
        int redisPort = workbench.startRedis();
        int plainRedisPort = workbench.startRedis("plain-redis");
        try (RedisMeter redis = new RedisMeter(redisPort);
                RedisMeter plainRedis = new RedisMeter(plainRedisPort)) {
            Workbench.Gateway gateway = workbench.startGateway(redisPort, site.actualPort(), options.users() + ROOM);
            Workbench.Service publisher = workbench.startPublisher(redisPort);
            Backend backend = new Backend(publisher.port());
            Workbench.Service plainGateway = workbench.startOwn("plain-gateway", "plain-gateway", plainRedisPort);
            Workbench.Service plainPublisher = workbench.startOwn("plain-publisher", "plain-publisher", plainRedisPort);
            Side ours = side(workbench, "Fanfare", redis, publisher.pid(), gateway.port(), gateway.pid());
            Side plain =
                    side(workbench, "plain", plainRedis, plainPublisher.pid(), plainGateway.port(), plainGateway.pid());
            loop.make(() -> {
                List.of(ours, plain).forEach(side -> side.browsers().follow(vertx));
                return vertx;
            });
            List<Arm> arms = new ArrayList<>();
            for (int batch : new int[] {1, BATCH}) {
                arms.add(arm(loop, vertx, ours, publisher.port(), batch));
                arms.add(arm(loop, vertx, plain, plainPublisher.port(), batch));
            }
            for (int round = -ROUNDS_UNCOUNTED; round < options.rounds(); round++) {
                Progress.say(round < 0 ? "warming up" : "round %d of %d".formatted(round + 1, options.rounds()));
                for (int i = 0; i < arms.size(); i++) {
                    // No arm is always behind the same one.
                    measure(loop, arms.get(Math.floorMod(round + i, arms.size())), round >= 0);
                }
            }
            for (Arm arm : arms) {
                Progress.say("half load: %s, %s".formatted(arm.side.name(), arm.kind()));
                measureDelays(loop, arm);
            }
            return outcome(arms, check(ours), check(plain), backend.wrongInboxes(ours.sent(), options.users()));
        }
    }

    private Side side(Workbench workbench, String name, RedisMeter redis, long publisher, int gatewayPort, long gateway)
            throws IOException, InterruptedException {
        Progress.say("%s: %,d users come".formatted(name, options.users()));
        Browsers browsers = Browsers.start(workbench, name + "-browsers", 0, options.users());
        browsers.come(gatewayPort, 0, options.users(), COMING_AT_ONCE);
        return new Side(name, redis, publisher, gateway, browsers, new Sent(options.users()));
    }

    private Arm arm(Loop loop, Vertx vertx, Side side, int port, int batch) throws IOException, InterruptedException {
        int connections = batch == 1 ? CALLERS : BATCH_CALLERS;
        Random random = new Random(SEED);
        Supplier<Future<Callers>> connect = () -> Callers.connect(
                vertx,
                () -> random.nextInt(options.users()),
                side.sent(),
                side.browsers()::heardLately,
                port,
                batch,
                connections);
        return new Arm(side, loop.await("connecting to a publisher", STEP_MAX, connect), batch);
    }

    private void measure(Loop loop, Arm arm, boolean counts) throws IOException, InterruptedException {
        Side side = arm.side;
        long notes = side.sent().notes();
        Spent before = side.spent();
        long start = System.nanoTime();
        publish(loop, arm, () -> arm.callers.flatOut(Duration.ofMillis(options.millis())));
        double seconds = (System.nanoTime() - start) / 1e9;
        long messages = side.sent().notes() - notes;
        Spent each = side.spent().since(before, messages);
        if (counts) {
            arm.perCpuSecond.add(1e6 / each.all());
            arm.perSecond.add(messages / seconds);
            arm.publisher.add(each.publisher());
            arm.gateway.add(each.gateway());
            arm.redis.add(each.redis());
        }
    }

    private void measureDelays(Loop loop, Arm arm) throws IOException, InterruptedException {
        arm.side.browsers().takeDelays();
        double callsPerSecond = arm.perSecond.median() / 2 / arm.batch;
        publish(loop, arm, () -> arm.callers.paced(callsPerSecond, Duration.ofMillis(2L * options.millis())));
        arm.delays = arm.side.browsers().takeDelays();
    }

    /** Returns when all is there that was published. */
    private static void publish(Loop loop, Arm arm, Supplier<Future<Void>> run)
            throws IOException, InterruptedException {
        Side side = arm.side;
        loop.await("publishing, %s, %s".formatted(side.name(), arm.kind()), STEP_MAX, run);
        if (!side.browsers().awaitHeard(side.sent().notes(), ARRIVAL_MAX)) {
            throw new IOException("%s: not all that was published has arrived".formatted(side.name()));
        }
    }

    /** How many users did not hear just what was published to them, and once. */
    private static int check(Side side) throws IOException, InterruptedException {
        return side.sent().mismatches(side.browsers().ledger(), 0)
                + side.browsers().troubles();
    }

    private Outcome outcome(List<Arm> arms, int oursWrong, int plainWrong, int inboxesWrong) {
        Table table = new Table(
                "%s users on raw WebSockets, notes of %d bytes, %d rounds of %d ms of each kind in turn"
                        .formatted(Table.number(options.users()), Note.LENGTH, options.rounds(), options.millis()),
                "",
                "messages/CPU s",
                ": plain",
                "publisher us",
                "gateway us",
                "Redis us",
                "messages/s",
                "half load p50 ms",
                "p99 ms");
        JsonObject json = new JsonObject()
                .put("bench", "private")
                .put("users", options.users())
                .put("millisPerRound", options.millis())
                .put("rounds", options.rounds());
        for (int i = 0; i < arms.size(); i++) {
            Arm arm = arms.get(i);
            double ratio = arm.perCpuSecond.ratioTo(arms.get(i | 1).perCpuSecond);
            table.add(
                    "%s, %s".formatted(arm.kind(), arm.side.name()),
                    Table.number(Math.round(arm.perCpuSecond.median())),
                    Table.number(ratio, 2),
                    Table.number(arm.publisher.median(), 1),
                    Table.number(arm.gateway.median(), 1),
                    Table.number(arm.redis.median(), 1),
                    Table.number(Math.round(arm.perSecond.median())),
                    Table.number(arm.delays.p50(), 1),
                    Table.number(arm.delays.p99(), 1));
            String name = (arm.batch == 1 ? "single" : "batch") + (i % 2 == 0 ? "" : "Plain");
            json.put(
                    name,
                    new JsonObject()
                            .put("perCpuSecond", Math.round(arm.perCpuSecond.median()))
                            .put("toPlain", Outcome.rounded(ratio))
                            .put("publisherMicros", Outcome.rounded(arm.publisher.median()))
                            .put("gatewayMicros", Outcome.rounded(arm.gateway.median()))
                            .put("redisMicros", Outcome.rounded(arm.redis.median()))
                            .put("perSecond", Math.round(arm.perSecond.median()))
                            .put("halfLoadP50Ms", Outcome.rounded(arm.delays.p50()))
                            .put("halfLoadP99Ms", Outcome.rounded(arm.delays.p99())));
        }
        json.put("wrong", oursWrong).put("plainWrong", plainWrong).put("inboxesWrong", inboxesWrong);
        return new Outcome(table, json, oursWrong == 0 && plainWrong == 0 && inboxesWrong == 0);
    }
}
