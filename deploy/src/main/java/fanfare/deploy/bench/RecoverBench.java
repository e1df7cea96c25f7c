package fanfare.deploy.bench;

import fanfare.broker.Published;
import fanfare.deploy.command.Arguments;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How long a full gateway takes to get over the loss of its subscriptions, and over the return of many browsers at once.
 * The gateway and Redis are processes of their own; clients, broker and the site share this one.
 */
final class RecoverBench {
    private static final Duration STEP_MAX = Duration.ofSeconds(60);
    private static final int RETURNING_MAX = 2_000;
    private static final int PUBLISHING_AT_ONCE = 100;
    private static final int POLL_MS = 10;
    /** A tenth of the users is told something while the gateway is deaf. */
    private static final int MISSED_SHARE = 10;

    /** For the gateway: it must hold all users and some who leave while they come back. */
    private static final int ROOM = 500;

    private final int users;
    private final int missed;
    private final int returning;

    record Options(int users) {
        /** @throws IllegalArgumentException with one sentence for people */
        static Options parse(List<String> arguments) {
            int most = Workbench.CONNECTIONS_MAX;
            return new Options(new Arguments(arguments, "--users").number("--users", most, 10, most));
        }
    }

    RecoverBench(Options options) {
        this.users = options.users();
        this.missed = Math.max(1, users / MISSED_SHARE);
        this.returning = Math.min(RETURNING_MAX, Math.max(1, users / 2));
    }

    /** @param unheard how many publications found nobody subscribed: these are the missed ones */
    private record LinkLoss(long unheard, double resubscribed, double arrived, double redisSeconds) {}

    private record Return(long recovered, double seconds, double redisSeconds) {}

    Outcome run(Workbench workbench) throws IOException, InterruptedException {
        int redisPort = workbench.startRedis();
        Vertx vertx = Vertx.vertx();
        Loop loop = new Loop(vertx);
        HttpServer site = loop.await("the site", STEP_MAX, () -> Doorman.listen(vertx));
        Publishing publishing = Publishing.open(vertx, loop, redisPort);
        try (RedisMeter redis = new RedisMeter(redisPort)) {
            fillInboxes(loop, publishing);
            Workbench.Gateway gateway = workbench.startGateway(redisPort, site.actualPort(), users + ROOM);
            Crowd crowd = loop.make(() -> new Crowd(vertx, gateway.port(), users));

            Stopwatch coming = Stopwatch.start(redis);
            loop.await("the users' coming", STEP_MAX, crowd::come);
            double cameSeconds = coming.seconds();
            double cameRedisSeconds = coming.redisSeconds();
            LinkLoss loss = loseLink(loop, publishing, redis, crowd);
            Return back = comeBack(loop, publishing, redis, crowd, new Population(gateway.managementPort()));
            long repeated = loop.make(crowd::eventsHeard) - missed - returning;
            return outcome(cameSeconds, cameRedisSeconds, loss, back, repeated);
        }
    }

    /** Nobody's inbox is empty on a site that has been up for a while. */
    private void fillInboxes(Loop loop, Publishing publishing) throws IOException, InterruptedException {
        loop.await(
                "filling inboxes",
                STEP_MAX,
                () -> Pipeline.run(
                        users,
                        PUBLISHING_AT_ONCE,
                        user -> publishing.publish(Publishing.user(user), "\"before all\"")));
    }

    /** Kills the subscriptions and publishes in the same breath. */
    private LinkLoss loseLink(Loop loop, Publishing publishing, RedisMeter redis, Crowd crowd)
            throws IOException, InterruptedException {
        long subscriptions = redis.subscriptions();
        Stopwatch stopwatch = Stopwatch.start(redis);
        Future<Double> arrived = loop.make(() -> crowd.expect(missed, "missed").map(all -> stopwatch.seconds()));
        long unheard = loop.await("publishing", STEP_MAX, () -> {
            Request kill = Request.cmd(Command.CLIENT).arg("KILL").arg("TYPE").arg("pubsub");
            Future<?> killed = publishing.link().send(kill);
            List<Future<Published>> published = IntStream.range(0, missed)
                    .mapToObj(user -> publishing.publish(Publishing.user(user), "\"missed\""))
                    .toList();
            return killed.compose(answer -> Future.all(published)).map(all -> published.stream()
                    .filter(one -> one.result().routed() == 0)
                    .count());
        });
        while (redis.subscriptions() < subscriptions) {
            if (stopwatch.seconds() > STEP_MAX.toSeconds()) {
                throw new IOException("the gateway does not subscribe again");
            }
            Thread.sleep(POLL_MS);
        }
        double resubscribed = stopwatch.seconds();
        double last = loop.await("the arrival of what was missed", STEP_MAX, () -> arrived);
        return new LinkLoss(unheard, resubscribed, last, stopwatch.redisSeconds());
    }

    private Return comeBack(Loop loop, Publishing publishing, RedisMeter redis, Crowd crowd, Population population)
            throws IOException, InterruptedException {
        loop.await("the users' leaving", STEP_MAX, () -> crowd.leave(returning));
        population.awaitAtMost(users - returning, STEP_MAX);
        Future<Void> heard = loop.make(() -> crowd.expect(returning, "while away"));
        loop.await(
                "publishing",
                STEP_MAX,
                () -> Pipeline.run(
                        returning,
                        PUBLISHING_AT_ONCE,
                        user -> publishing.publish(Publishing.user(user), "\"while away\"")));
        Stopwatch stopwatch = Stopwatch.start(redis);
        long recovered = loop.await("the users' return", STEP_MAX, () -> crowd.comeBack(returning));
        loop.await("the arrival of what was published meanwhile", STEP_MAX, () -> heard);
        return new Return(recovered, stopwatch.seconds(), stopwatch.redisSeconds());
    }

    private Outcome outcome(double cameSeconds, double cameRedisSeconds, LinkLoss loss, Return back, long repeated) {
        Table table = new Table(
                "%s users on one gateway; its subscriptions killed, then %s of the users away and back at once"
                        .formatted(Table.number(users), Table.number(returning)),
                "",
                "seconds",
                "Redis CPU seconds");
        table.add("all users came", Table.number(cameSeconds, 2), Table.number(cameRedisSeconds, 3));
        table.add("link lost: every channel subscribed again", Table.number(loss.resubscribed(), 2), "");
        table.add(
                "link lost: %s messages arrived, %s of them missed at first"
                        .formatted(Table.number(missed), Table.number(loss.unheard())),
                Table.number(loss.arrived(), 2),
                Table.number(loss.redisSeconds(), 3));
        table.add(
                "return: %s of %s recovered, each with its message"
                        .formatted(Table.number(back.recovered()), Table.number(returning)),
                Table.number(back.seconds(), 2),
                Table.number(back.redisSeconds(), 3));
        table.add("messages that came twice", Table.number(repeated), "");
        JsonObject json = new JsonObject()
                .put("bench", "recover")
                .put("users", users)
                .put("came", step(cameSeconds, cameRedisSeconds))
                .put(
                        "linkLoss",
                        step(loss.arrived(), loss.redisSeconds())
                                .put("resubscribedSeconds", Outcome.rounded(loss.resubscribed()))
                                .put("messages", missed)
                                .put("missedAtFirst", loss.unheard()))
                .put(
                        "return",
                        step(back.seconds(), back.redisSeconds())
                                .put("users", returning)
                                .put("recovered", back.recovered()))
                .put("repeated", repeated);
        return new Outcome(table, json, back.recovered() == returning && repeated == 0);
    }

    private static JsonObject step(double seconds, double redisSeconds) {
        return new JsonObject()
                .put("seconds", Outcome.rounded(seconds))
                .put("redisCpuSeconds", Outcome.rounded(redisSeconds));
    }
}
