package fanfare.deploy.bench;

import fanfare.deploy.command.Arguments;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * What it costs a gateway when users come, beside the plainest one, and what happens when all of them lose their connection
 * and come back in the same moment, while others go on being told things. Users come first slice by slice, so that the second
 * coming of a slice finds the site's answers still kept.
 */
final class StormBench {
    private static final int SLICE = 1_000;
    private static final int WARM_UP = 3_000;
    private static final int WARM_UPS_MAX = 100;
    /** Of a warm gateway's CPU. */
    private static final double COMPILERS_SHARE_MAX = 0.1;
    /** With fewer users than {@link #WARM_UP}, who would not make a gateway warm in any time worth waiting for. */
    private static final int FEW_WARM_UPS = 5;

    /** Handshakes under way while the gateway's pace is measured. */
    private static final int COMING_AT_ONCE = 500;

    private static final int OTHERS_MAX = 500;
    private static final int CALLERS = 16;
    /** A tenth of the users is told something while away. */
    private static final int MISSED_SHARE = 10;
    /** For what a gateway does a little after the welcome, such as telling Redis who is online; counts as well [ms]. */
    private static final int SETTLING_MS = 250;

    private static final int POLL_MS = 10;
    private static final Duration CALM = Duration.ofSeconds(3);
    private static final Duration STEP_MAX = Duration.ofMinutes(2);
    /** For the gateway, above its users. */
    private static final int ROOM = 100;

    private final int users;
    private final int others;
    private final Doorman doorman = new Doorman();

    record Options(int users) {
        /** @throws IllegalArgumentException with one sentence for people */
        static Options parse(List<String> arguments) {
            // The gateway has no room for more besides the others.
            int most = Workbench.CONNECTIONS_MAX - OTHERS_MAX;
            return new Options(new Arguments(arguments, "--users").number("--users", most, 40, most));
        }
    }

    StormBench(Options options) {
        this.users = options.users();
        this.others = Math.min(OTHERS_MAX, users / 4);
    }

    private interface Gone {
        void await(int left) throws IOException, InterruptedException;
    }

    /**
     * A gateway and its users.
     *
     * @param gone waits until the gateway has noticed that no more than so many are there
     * @param first the first coming of all slices
     * @param again their second
     */
    private record Side(int port, long pid, Browsers browsers, Gone gone, Connects first, Connects again) {
        Side(int port, long pid, Browsers browsers, Gone gone) {
            this(port, pid, browsers, gone, new Connects(), new Connects());
        }
    }

    /** How many came, and what of its CPU that cost; of one slice alone the kernel's clock is too coarse to tell. */
    private static final class Connects {
        private int count;
        private long nanos;

        void add(int count, long nanos) {
            this.count += count;
            this.nanos += nanos;
        }

        double perCpuSecond() {
            return count * 1e9 / Math.max(1, nanos);
        }
    }

    /** @param perCpuSecond connects for each second of the gateway's CPU, from the first to the last one's welcome */
    private record Storm(Browsers.Came came, double perCpuSecond) {}

    Outcome run(Workbench workbench) throws IOException, InterruptedException {
        Vertx vertx = Vertx.vertx();
        Loop loop = new Loop(vertx);
        HttpServer site = loop.await("the site", STEP_MAX, () -> doorman.open(vertx));
        int redisPort = workbench.startRedis();
        int plainRedisPort = workbench.startRedis("plain-redis");
        Workbench.Service publisher = workbench.startPublisher(redisPort);
        try (RedisMeter plainRedis = new RedisMeter(plainRedisPort)) {
            Side ours = ours(workbench, redisPort, site.actualPort());
            Side plain = plain(workbench, plainRedisPort, plainRedis);
            warmUp(plain, ours);
            long askedAgain = 0;
            for (int first = 0; first < users; first += SLICE) {
                int count = Math.min(SLICE, users - first);
                Progress.say("users %,d to %,d come".formatted(first + 1, first + count));
                measureSlice(plain, first, count);
                askedAgain += measureSlice(ours, first, count);
            }
            Progress.say("plain: all go and come back at once");
            leave(plain, 0, users, 0);
            Storm plainStorm = comeBack(plain);
            return storm(workbench, vertx, loop, publisher, ours, plain, plainStorm, askedAgain);
        }
    }

    /** Users come and go until the gateway's code is compiled. */
    private void warmUp(Side plain, Side ours) throws IOException, InterruptedException {
        Progress.say("warming up, until the JVM compiles no more");
        int count = Math.min(users, WARM_UP);
        int timesMax = users < WARM_UP ? FEW_WARM_UPS : WARM_UPS_MAX;
        int times = Warmth.reach(List.of(ours.pid()), COMPILERS_SHARE_MAX, timesMax, round -> {
            for (Side side : List.of(plain, ours)) {
                come(side, 0, count);
                leave(side, 0, count, 0);
            }
        });
        Progress.say("%,d connects have warmed it up".formatted(times * count));
    }

    private Side ours(Workbench workbench, int redisPort, int sitePort) throws IOException, InterruptedException {
        Workbench.Gateway gateway = workbench.startGateway(redisPort, sitePort, users + others + ROOM);
        Population population = new Population(gateway.managementPort());
        Browsers browsers = Browsers.start(workbench, "browsers", 0, users);
        Gone gone = left -> population.awaitAtMost(left, STEP_MAX);
        return new Side(gateway.port(), gateway.pid(), browsers, gone);
    }

    private Side plain(Workbench workbench, int redisPort, RedisMeter redis) throws IOException, InterruptedException {
        Workbench.Service gateway = workbench.startOwn("plain-gateway", "plain-gateway", redisPort);
        Browsers browsers = Browsers.start(workbench, "plain-browsers", 0, users);
        Gone gone = left -> {
            while (redis.subscriptions() > left) {
                Thread.sleep(POLL_MS);
            }
        };
        return new Side(gateway.port(), gateway.pid(), browsers, gone);
    }

    /** Returns how many of a slice's second coming the site was asked about. */
    private long measureSlice(Side side, int first, int count) throws IOException, InterruptedException {
        side.first().add(count, come(side, first, count));
        leave(side, first, count, first);
        long asked = doorman.asked();
        side.again().add(count, come(side, first, count));
        return doorman.asked() - asked;
    }

    /** Returns what it cost the gateway [ns of CPU]. */
    private static long come(Side side, int first, int count) throws IOException, InterruptedException {
        long before = spent(side);
        side.browsers().come(side.port(), first, count, COMING_AT_ONCE);
        Thread.sleep(SETTLING_MS);
        return spent(side) - before;
    }

    private static void leave(Side side, int first, int count, int left) throws IOException, InterruptedException {
        side.browsers().leave(first, count);
        side.gone().await(left);
    }

    private Storm comeBack(Side side) throws IOException, InterruptedException {
        long before = spent(side);
        Browsers.Came came = side.browsers().come(side.port(), 0, users, users);
        Connects connects = new Connects();
        connects.add(users, spent(side) - before);
        return new Storm(came, connects.perCpuSecond());
    }

    /** Without what the compilers still find to do: a gateway is to be warm [ns of CPU]. */
    private static long spent(Side side) throws IOException {
        return Cpu.nanos(side.pid()) - Warmth.compilers(side.pid());
    }

    private Outcome storm(
            Workbench workbench,
            Vertx vertx,
            Loop loop,
            Workbench.Service publisher,
            Side ours,
            Side plain,
            Storm plainStorm,
            long askedAgain)
            throws IOException, InterruptedException {
        Browsers staying = Browsers.start(workbench, "others", users, others);
        staying.come(ours.port(), 0, others, COMING_AT_ONCE);
        Sent toStaying = new Sent(users + others);
        int[] turn = new int[1];
        Callers steady = callers(vertx, loop, () -> users + turn[0]++ % others, toStaying, publisher);
        Sent toAway = new Sent(users);
        int[] missed = new int[1];
        Callers meanwhile = callers(vertx, loop, () -> missed[0]++ * MISSED_SHARE % users, toAway, publisher);

        Progress.say("calm: %d others are told something each second".formatted(others));
        loop.await("publishing", STEP_MAX, () -> steady.paced(others, CALM));
        awaitHeard(staying, toStaying, "to the others");
        Browsers.Delays calm = staying.takeDelays();

        Progress.say("all go, and come back at once");
        Future<Void> others = loop.make(() -> steady.paced(this.others, STEP_MAX));
        ours.browsers().leave(0, users);
        loop.await("publishing to who is away", STEP_MAX, () -> meanwhile.times(Math.max(1, users / MISSED_SHARE)));
        ours.gone().await(this.others);
        Storm storm = comeBack(ours);
        awaitHeard(ours.browsers(), toAway, "to who was away");
        loop.await("publishing to the others", STEP_MAX, () -> {
            steady.stop();
            return others;
        });
        awaitHeard(staying, toStaying, "to the others");
        int wrong = toAway.mismatches(ours.browsers().ledger(), 0)
                + toStaying.mismatches(staying.ledger(), users)
                + ours.browsers().troubles()
                + staying.troubles();
        Found found = new Found(ours, plain, storm, plainStorm, calm, staying.takeDelays(), askedAgain, wrong);
        return outcome(found, toAway.notes());
    }

    private static Callers callers(Vertx vertx, Loop loop, IntSupplier users, Sent sent, Workbench.Service publisher)
            throws IOException, InterruptedException {
        Supplier<Future<Callers>> connect =
                () -> Callers.connect(vertx, users, sent, () -> 0, publisher.port(), 1, CALLERS);
        return loop.await("connecting to the publisher", STEP_MAX, connect);
    }

    private static void awaitHeard(Browsers browsers, Sent sent, String what) throws IOException, InterruptedException {
        if (!browsers.awaitHeard(sent.notes(), STEP_MAX)) {
            throw new IOException("not all that was published %s has arrived".formatted(what));
        }
    }

    /**
     * What is to be printed.
     *
     * @param askedAgain how many of the second comings the site was asked about
     * @param wrong what did not arrive, came twice or should not have come
     */
    private record Found(
            Side ours,
            Side plain,
            Storm storm,
            Storm plainStorm,
            Browsers.Delays calm,
            Browsers.Delays meanwhile,
            long askedAgain,
            int wrong) {}

    private Outcome outcome(Found found, long missed) {
        Table table = new Table(
                "%s users come to a warm gateway; then all are away, miss %s messages, and come back at once"
                        .formatted(Table.number(users), Table.number(missed)),
                "",
                "connects/CPU s",
                ": plain",
                "seconds",
                "p50 ms",
                "p99 ms",
                "max ms");
        JsonObject json = new JsonObject().put("bench", "storm").put("users", users);
        Connects plain = found.plain().again();
        addConnects(table, json, "come, site asked", "asked", found.ours().first(), plain);
        addConnects(
                table, json, "come, site's answer kept", "kept", found.ours().again(), plain);
        addConnects(table, json, "come, plain", "plain", plain, plain);
        double stormRatio = found.storm().perCpuSecond() / found.plainStorm().perCpuSecond();
        Browsers.Came back = found.storm().came();
        addStorm(
                table,
                "back at once, %s recovered".formatted(Table.number(back.recovered())),
                found.storm(),
                stormRatio);
        addStorm(table, "back at once, plain", found.plainStorm(), 1);
        addDelays(table, "messages to %d others before".formatted(others), found.calm());
        addDelays(table, "messages to %d others meanwhile".formatted(others), found.meanwhile());
        json.put("askedAgain", found.askedAgain())
                .put(
                        "storm",
                        storm(found.storm())
                                .put("toPlain", Outcome.rounded(stormRatio))
                                .put("recovered", back.recovered())
                                .put("missed", missed))
                .put("plainStorm", storm(found.plainStorm()))
                .put("othersBefore", delays(found.calm()))
                .put("othersMeanwhile", delays(found.meanwhile()))
                .put("wrong", found.wrong());
        return new Outcome(table, json, back.recovered() == users && found.wrong() == 0);
    }

    private static void addConnects(
            Table table, JsonObject json, String name, String key, Connects connects, Connects plain) {
        double rate = connects.perCpuSecond();
        double ratio = rate / plain.perCpuSecond();
        table.add(name, Table.number(Math.round(rate)), Table.number(ratio, 2), "", "", "", "");
        json.put(key, new JsonObject().put("perCpuSecond", Math.round(rate)).put("toPlain", Outcome.rounded(ratio)));
    }

    private static void addStorm(Table table, String name, Storm storm, double ratio) {
        table.add(
                name,
                Table.number(Math.round(storm.perCpuSecond())),
                Table.number(ratio, 2),
                Table.number(storm.came().seconds(), 2),
                "",
                "",
                "");
    }

    private static void addDelays(Table table, String name, Browsers.Delays delays) {
        table.add(
                name,
                "",
                "",
                "",
                Table.number(delays.p50(), 1),
                Table.number(delays.p99(), 1),
                Table.number(delays.max(), 1));
    }

    private static JsonObject storm(Storm storm) {
        return new JsonObject()
                .put("perCpuSecond", Math.round(storm.perCpuSecond()))
                .put("seconds", Outcome.rounded(storm.came().seconds()))
                .put("retries", storm.came().retries());
    }

    private static JsonObject delays(Browsers.Delays delays) {
        return new JsonObject()
                .put("p50Ms", Outcome.rounded(delays.p50()))
                .put("p99Ms", Outcome.rounded(delays.p99()))
                .put("maxMs", Outcome.rounded(delays.max()));
    }
}
