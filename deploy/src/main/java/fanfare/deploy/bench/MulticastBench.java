package fanfare.deploy.bench;

import fanfare.deploy.bench.audience.Note;
import fanfare.deploy.command.Arguments;
import fanfare.deploy.selftest.rig.Link;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What one message to many users costs Redis and its links to two gateways, in one call and one by one, in rounds that take
 * turns. What Redis sends a gateway goes through a proxy that counts it, whatever connection or command it belongs to.
 */
final class MulticastBench {
    private static final int GATEWAYS = 2;
    static final int CALLERS = 64;
    /** More would lengthen inboxes, which costs Redis more than warm JVMs save. */
    private static final int WARM_UPS_MAX = 10;
    /** Of a few users no JVM gets warm. */
    private static final int FEW_USERS = 2_000;

    private static final int FEW_WARM_UPS = 2;
    /** Of a warm JVM's CPU. */
    private static final double COMPILERS_SHARE_MAX = 0.05;

    private static final int COMING_AT_ONCE = 200;
    /** What one publication may name. */
    private static final int USERS_MAX = 1_000;

    private static final int ROOM = 100;
    private static final Duration STEP_MAX = Duration.ofMinutes(2);

    private final Options options;

    /** @param rounds of each kind */
    record Options(int users, int rounds) {
        /** @throws IllegalArgumentException with one sentence for people */
        static Options parse(List<String> arguments) {
            Arguments given = new Arguments(arguments, "--users", "--rounds");
            return new Options(
                    given.number("--users", 10_000, 10, Workbench.CONNECTIONS_MAX),
                    given.number("--rounds", 5, 1, 100));
        }
    }

    MulticastBench(Options options) {
        this.options = options;
    }

    private interface Publish {
        void run() throws IOException, InterruptedException;
    }

    /** One way to tell all users, and what it cost in each round. */
    private record Arm(
            String name,
            String key,
            Publish publish,
            Rates redisMs,
            Rates publisherMs,
            Rates gatewaysMs,
            Rates gatewayBytes,
            Rates lastMs) {
        Arm(String name, String key, Publish publish) {
            this(name, key, publish, new Rates(), new Rates(), new Rates(), new Rates(), new Rates());
        }
    }

    /** What is measured. */
    private record Servers(RedisMeter redis, long publisher, List<Long> gateways, List<Link> links) {
        Reading read() throws IOException {
            double gatewaysMs = 0;
            for (long gateway : gateways) {
                gatewaysMs += Cpu.nanos(gateway) / 1e6;
            }
            return new Reading(
                    redis.cpuMicros() / 1e3,
                    Cpu.nanos(publisher) / 1e6,
                    gatewaysMs,
                    links.stream().mapToLong(Link::bytesFromTarget).sum() / (double) links.size());
        }
    }

    /** CPU time so far, and bytes to a gateway. */
    private record Reading(double redisMs, double publisherMs, double gatewaysMs, double gatewayBytes) {}

    Outcome run(Workbench workbench) throws IOException, InterruptedException {
        Vertx vertx = Vertx.vertx();
        Loop loop = new Loop(vertx);
        HttpServer site = loop.await("the site", STEP_MAX, () -> Doorman.listen(vertx));
        int redisPort = workbench.startRedis();
        Workbench.Service publisher = workbench.startPublisher(redisPort);
        Browsers browsers = Browsers.start(workbench, "browsers", 0, options.users());
        List<Link> links = new ArrayList<>();
        List<Long> gateways = new ArrayList<>();
        int share = options.users() / GATEWAYS;
        for (int i = 0; i < GATEWAYS; i++) {
            Link link =
                    Link.open(vertx, ((VertxInternal) vertx).createEventLoopContext(), workbench.freePort(), redisPort);
            links.add(link);
            int here = i == 0 ? options.users() - (GATEWAYS - 1) * share : share;
            Workbench.Gateway gateway =
                    workbench.startGateway("gateway-" + (i + 1), link.port(), site.actualPort(), here + ROOM);
            gateways.add(gateway.pid());
            Progress.say("%,d users come to gateway %d".formatted(here, i + 1));
            browsers.come(gateway.port(), i == 0 ? 0 : options.users() - here, here, COMING_AT_ONCE);
        }
        Sent sent = new Sent(options.users());
        Backend backend = new Backend(publisher.port());
        int[] next = new int[1];
        List<Arm> arms = new ArrayList<>();
        arms.add(new Arm("in one call", "multicast", () -> backend.publishAll(toAll(sent))));
        for (int count : List.of(1, CALLERS)) {
            Callers callers = loop.await(
                    "connecting to the publisher",
                    STEP_MAX,
                    () -> Callers.connect(
                            vertx, () -> next[0]++ % options.users(), sent, () -> 0, publisher.port(), 1, count));
            arms.add(new Arm(
                    "one by one, callers: " + count,
                    count == 1 ? "oneCaller" : "singles",
                    () -> loop.await("publishing one by one", STEP_MAX, () -> callers.times(options.users()))));
        }
        try (RedisMeter redis = new RedisMeter(redisPort)) {
            Servers servers = new Servers(redis, publisher.pid(), gateways, links);
            Progress.say("warming up, until the JVMs compile no more");
            List<Long> pids = new ArrayList<>(gateways);
            pids.add(publisher.pid());
            int warmUpsMax = options.users() < FEW_USERS ? FEW_WARM_UPS : WARM_UPS_MAX;
            int warmUps = Warmth.reach(
                    pids, COMPILERS_SHARE_MAX, warmUpsMax, round -> measure(arms, servers, browsers, sent, false));
            Progress.say("%d rounds have warmed them up".formatted(warmUps));
            for (int round = 0; round < options.rounds(); round++) {
                Progress.say("round %d of %d".formatted(round + 1, options.rounds()));
                measure(arms, servers, browsers, sent, true);
            }
        }
        int wrong = sent.mismatches(browsers.ledger(), 0) + browsers.troubles();
        return outcome(arms, wrong, backend.wrongInboxes(sent, options.users()));
    }

    /** One note to all users, a thousand a publication; under one id, as what is one message should be. */
    private JsonArray toAll(Sent sent) {
        byte[] note = Note.blank().getBytes(StandardCharsets.US_ASCII);
        long number = sent.nextToAll(options.users());
        Note.write(note, 0, System.nanoTime(), number, Note.ALL_USERS);
        String data = new String(note, 1, note.length - 2, StandardCharsets.US_ASCII);
        JsonArray publications = new JsonArray();
        for (int first = 0; first < options.users(); first += USERS_MAX) {
            List<String> names = IntStream.range(first, Math.min(options.users(), first + USERS_MAX))
                    .mapToObj(Note::userName)
                    .toList();
            publications.add(new JsonObject()
                    .put("to", new JsonObject().put("users", new JsonArray(names)))
                    .put("id", "to-all-" + number)
                    .put("namespace", Publishing.NAMESPACE)
                    .put("event", Publishing.EVENT)
                    .put("data", data));
        }
        return publications;
    }

    private static void measure(List<Arm> arms, Servers servers, Browsers browsers, Sent sent, boolean counts)
            throws IOException, InterruptedException {
        for (Arm arm : arms) {
            measure(arm, servers, browsers, sent, counts);
        }
    }

    private static void measure(Arm arm, Servers servers, Browsers browsers, Sent sent, boolean counts)
            throws IOException, InterruptedException {
        browsers.takeDelays();
        Reading before = servers.read();
        long start = System.nanoTime();
        arm.publish().run();
        if (!browsers.awaitHeard(sent.notes(), STEP_MAX)) {
            throw new IOException("not all that was published %s has arrived".formatted(arm.name()));
        }
        Reading after = servers.read();
        if (counts) {
            arm.redisMs().add(after.redisMs() - before.redisMs());
            arm.publisherMs().add(after.publisherMs() - before.publisherMs());
            arm.gatewaysMs().add(after.gatewaysMs() - before.gatewaysMs());
            arm.gatewayBytes().add(after.gatewayBytes() - before.gatewayBytes());
            arm.lastMs().add((browsers.takeDelays().lastNanos() - start) / 1e6);
        }
    }

    private Outcome outcome(List<Arm> arms, int wrong, int inboxesWrong) {
        Table table = new Table(
                "a message of %d bytes to %s users, half of them on each of %d gateways, %d rounds of each kind in turn"
                        .formatted(Note.LENGTH, Table.number(options.users()), GATEWAYS, options.rounds()),
                "",
                "Redis CPU ms",
                ": one caller",
                ": %d callers".formatted(CALLERS),
                "publisher ms",
                "gateways ms",
                "KB to a gateway",
                ": one by one",
                "last browser ms");
        JsonObject json = new JsonObject()
                .put("bench", "multicast")
                .put("users", options.users())
                .put("rounds", options.rounds());
        Arm oneCaller = arms.get(1);
        Arm singles = arms.get(2);
        for (Arm arm : arms) {
            double toOneCaller = arm.redisMs().ratioTo(oneCaller.redisMs());
            double toSingles = arm.redisMs().ratioTo(singles.redisMs());
            double bytesRatio = arm.gatewayBytes().ratioTo(singles.gatewayBytes());
            table.add(
                    arm.name(),
                    Table.number(arm.redisMs().median(), 1),
                    Table.number(toOneCaller, 2),
                    Table.number(toSingles, 2),
                    Table.number(arm.publisherMs().median(), 0),
                    Table.number(arm.gatewaysMs().median(), 0),
                    Table.number(arm.gatewayBytes().median() / 1e3, 1),
                    Table.number(bytesRatio, 4),
                    Table.number(arm.lastMs().median(), 0));
            json.put(
                    arm.key(),
                    new JsonObject()
                            .put("redisCpuMs", Outcome.rounded(arm.redisMs().median()))
                            .put("cpuToOneCaller", Outcome.rounded(toOneCaller))
                            .put("cpuToSingles", Outcome.rounded(toSingles))
                            .put(
                                    "publisherCpuMs",
                                    Outcome.rounded(arm.publisherMs().median()))
                            .put(
                                    "gatewaysCpuMs",
                                    Outcome.rounded(arm.gatewaysMs().median()))
                            .put(
                                    "bytesToAGateway",
                                    Math.round(arm.gatewayBytes().median()))
                            .put("bytesToSingles", Math.round(bytesRatio * 10_000) / 10_000.0)
                            .put("lastBrowserMs", Outcome.rounded(arm.lastMs().median())));
        }
        json.put("wrong", wrong).put("inboxesWrong", inboxesWrong);
        return new Outcome(table, json, wrong == 0 && inboxesWrong == 0);
    }
}
