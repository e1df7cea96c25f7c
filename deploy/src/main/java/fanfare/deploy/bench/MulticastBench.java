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
    private static final int CALLERS = 64;
    private static final int ROUNDS_UNCOUNTED = 2;
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
    private record Arm(String name, String key, Publish publish, Rates redisMs, Rates gatewayBytes, Rates lastMs) {
        Arm(String name, String key, Publish publish) {
            this(name, key, publish, new Rates(), new Rates(), new Rates());
        }
    }

    Outcome run(Workbench workbench) throws IOException, InterruptedException {
        Vertx vertx = Vertx.vertx();
        Loop loop = new Loop(vertx);
        HttpServer site = loop.await("the site", STEP_MAX, () -> Doorman.listen(vertx));
        int redisPort = workbench.startRedis();
        Workbench.Service publisher = workbench.startPublisher(redisPort);
        Browsers browsers = Browsers.start(workbench, "browsers", 0, options.users());
        List<Link> links = new ArrayList<>();
        int share = options.users() / GATEWAYS;
        for (int i = 0; i < GATEWAYS; i++) {
            Link link =
                    Link.open(vertx, ((VertxInternal) vertx).createEventLoopContext(), Workbench.freePort(), redisPort);
            links.add(link);
            int here = i == 0 ? options.users() - (GATEWAYS - 1) * share : share;
            Workbench.Gateway gateway =
                    workbench.startGateway("gateway-" + (i + 1), link.port(), site.actualPort(), here + ROOM);
            Progress.say("%,d users come to gateway %d".formatted(here, i + 1));
            browsers.come(gateway.port(), i == 0 ? 0 : options.users() - here, here, COMING_AT_ONCE);
        }
        Sent sent = new Sent(options.users());
        Backend backend = new Backend(publisher.port());
        int[] next = new int[1];
        Callers callers = loop.await(
                "connecting to the publisher",
                STEP_MAX,
                () -> Callers.connect(
                        vertx, () -> next[0]++ % options.users(), sent, () -> 0, publisher.port(), 1, CALLERS));
        List<Arm> arms = List.of(
                new Arm("in one call", "multicast", () -> backend.publishAll(toAll(sent))),
                new Arm(
                        "one by one",
                        "singles",
                        () -> loop.await("publishing one by one", STEP_MAX, () -> callers.times(options.users()))));
        try (RedisAdmin redis = new RedisAdmin(redisPort)) {
            for (int round = -ROUNDS_UNCOUNTED; round < options.rounds(); round++) {
                Progress.say(round < 0 ? "warming up" : "round %d of %d".formatted(round + 1, options.rounds()));
                for (Arm arm : arms) {
                    measure(arm, redis, links, browsers, sent, round >= 0);
                }
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

    private static void measure(
            Arm arm, RedisAdmin redis, List<Link> links, Browsers browsers, Sent sent, boolean counts)
            throws IOException, InterruptedException {
        browsers.takeDelays();
        long bytes = bytes(links);
        long cpu = redis.cpuMicros();
        long start = System.nanoTime();
        arm.publish().run();
        if (!browsers.awaitHeard(sent.notes(), STEP_MAX)) {
            throw new IOException("not all that was published %s has arrived".formatted(arm.name()));
        }
        double cpuMs = (redis.cpuMicros() - cpu) / 1e3;
        if (counts) {
            arm.redisMs().add(cpuMs);
            arm.gatewayBytes().add((bytes(links) - bytes) / (double) links.size());
            arm.lastMs().add((browsers.takeDelays().lastNanos() - start) / 1e6);
        }
    }

    private static long bytes(List<Link> links) {
        return links.stream().mapToLong(Link::bytesFromTarget).sum();
    }

    private Outcome outcome(List<Arm> arms, int wrong, int inboxesWrong) {
        Table table = new Table(
                "a message of %d bytes to %s users, half of them on each of %d gateways, %d rounds of each kind in turn"
                        .formatted(Note.LENGTH, Table.number(options.users()), GATEWAYS, options.rounds()),
                "",
                "Redis CPU ms",
                ": one by one",
                "KB to a gateway",
                ": one by one",
                "last browser ms");
        JsonObject json = new JsonObject()
                .put("bench", "multicast")
                .put("users", options.users())
                .put("rounds", options.rounds());
        Arm singles = arms.get(1);
        for (Arm arm : arms) {
            double cpuRatio = arm.redisMs().ratioTo(singles.redisMs());
            double bytesRatio = arm.gatewayBytes().ratioTo(singles.gatewayBytes());
            table.add(
                    arm.name(),
                    Table.number(arm.redisMs().median(), 1),
                    Table.number(cpuRatio, 3),
                    Table.number(arm.gatewayBytes().median() / 1e3, 1),
                    Table.number(bytesRatio, 4),
                    Table.number(arm.lastMs().median(), 0));
            json.put(
                    arm.key(),
                    new JsonObject()
                            .put("redisCpuMs", Outcome.rounded(arm.redisMs().median()))
                            .put("cpuToSingles", Outcome.rounded(cpuRatio))
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
