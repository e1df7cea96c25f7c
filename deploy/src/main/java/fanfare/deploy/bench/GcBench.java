package fanfare.deploy.bench;

import fanfare.channel.Channel;
import fanfare.deploy.command.Arguments;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * How long a gateway stands still at a time while all goes on at once: broadcasts, private messages, users who come and go,
 * raw and over SockJS, and some who read nothing. By the JVM's own log, with the flags that gateways usually have.
 */
final class GcBench {
    private static final Duration STEP_MAX = Duration.ofMinutes(2);
    private static final int BROADCASTS_A_TURN = 4;
    private static final int PRIVATES_A_TURN = 200;
    /** Of those who come and go, so many do so each turn: one in. */
    private static final int CHURN_SHARE = 4;

    private static final int DEAF_SHARE = 50;
    private static final int ROOM = 100;
    private static final String SHORT = "\"" + "x".repeat(126) + "\"";
    private static final String LONG = "\"" + "x".repeat(8_190) + "\"";

    private final Options options;

    /** @param flags of the gateway's JVM; empty for the usual ones */
    record Options(int users, int seconds, List<String> flags) {
        /** @throws IllegalArgumentException with one sentence for people */
        static Options parse(List<String> arguments) {
            Arguments given = new Arguments(arguments, "--users", "--minutes", "--seconds", "--flags");
            int minutes = given.number("--minutes", 5, 1, 600);
            return new Options(
                    given.number("--users", 8_000, 20, Workbench.CONNECTIONS_MAX - 1_000),
                    given.number("--seconds", 60 * minutes, 1, 36_000),
                    given.words("--flags"));
        }
    }

    GcBench(Options options) {
        this.options = options;
    }

    Outcome run(Workbench workbench) throws IOException, InterruptedException {
        Path log = workbench.logs().resolve("gateway-gc.log");
        Files.deleteIfExists(log);
        List<String> usual = options.flags().isEmpty() ? workbench.gatewayFlags() : options.flags();
        List<String> flags = new ArrayList<>(usual);
        flags.add("-Xlog:gc,safepoint:file=" + log + "::filecount=0");
        workbench.gatewayFlags(flags);
        Vertx vertx = Vertx.vertx();
        Loop loop = new Loop(vertx);
        HttpServer site = loop.await("the site", STEP_MAX, () -> Doorman.listen(vertx));
        int redisPort = workbench.startRedis();
        Publishing publishing = Publishing.open(vertx, loop, redisPort);
        Workbench.Gateway gateway = workbench.startGateway(redisPort, site.actualPort(), options.users() + ROOM);
        int quarter = Math.max(4, options.users() / 4);
        Sinks steady = Sinks.start(workbench, "steady");
        Sinks churning = Sinks.start(workbench, "churning");
        Sinks deaf = Sinks.start(workbench, "deaf");
        Progress.say("%,d connect".formatted(options.users()));
        steady.come(gateway.port(), Sinks.Framing.RAW, 0, quarter);
        steady.come(gateway.port(), Sinks.Framing.SOCKJS, quarter, quarter);
        churning.come(gateway.port(), Sinks.Framing.RAW, 2 * quarter, quarter);
        int deafOnes = Math.max(1, options.users() / DEAF_SHARE);
        deaf.come(gateway.port(), Sinks.Framing.RAW, 3 * quarter, deafOnes);
        deaf.deafen(deafOnes);
        // What the JVM did before, above all for its own start, is nobody's pause.
        int before = Files.readAllLines(log).size();
        long expected = 0;
        int turns = 0;
        int churn = Math.max(1, quarter / CHURN_SHARE);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(options.seconds());
        for (long next = System.nanoTime(); System.nanoTime() < end; turns++) {
            if (turns % 30 == 0) {
                Progress.say("%d s to go".formatted(TimeUnit.NANOSECONDS.toSeconds(end - System.nanoTime())));
            }
            int turn = turns;
            loop.await("publishing", STEP_MAX, () -> publish(publishing, turn, 2 * quarter));
            expected += (long) BROADCASTS_A_TURN * 2 * quarter + PRIVATES_A_TURN;
            churning.leave(churn);
            churning.come(
                    gateway.port(),
                    turns % 2 == 0 ? Sinks.Framing.SOCKJS : Sinks.Framing.RAW,
                    3 * quarter - churn,
                    churn);
            next += TimeUnit.SECONDS.toNanos(1);
            TimeUnit.NANOSECONDS.sleep(Math.max(0, next - System.nanoTime()));
        }
        steady.awaitHeard(expected, STEP_MAX);
        long resident = Memory.resident(gateway.pid());
        Sinks.Counts counts = steady.counts();
        List<String> lines = Files.readAllLines(log);
        return outcome(Pauses.parse(lines.subList(before, lines.size())), turns, counts, expected, resident, usual);
    }

    /** One turn's messages, private ones to those who stay. */
    private static Future<?> publish(Publishing publishing, int turn, int users) {
        List<Future<?>> published = new ArrayList<>();
        for (int i = 0; i < BROADCASTS_A_TURN; i++) {
            published.add(publishing.publish(Channel.BROADCAST, i == 0 ? LONG : SHORT));
        }
        for (int i = 0; i < PRIVATES_A_TURN; i++) {
            int user = (turn * PRIVATES_A_TURN + i) % users;
            published.add(publishing.publish(Channel.user("user-%06d".formatted(user)), SHORT));
        }
        return Future.all(published);
    }

    private Outcome outcome(
            Pauses pauses, int turns, Sinks.Counts counts, long expected, long resident, List<String> flags) {
        Table table = new Table(
                "%s connections for %d s, %s broadcasts and %s private messages, JDK %s, %s"
                        .formatted(
                                Table.number(options.users()),
                                options.seconds(),
                                Table.number((long) turns * BROADCASTS_A_TURN),
                                Table.number((long) turns * PRIVATES_A_TURN),
                                System.getProperty("java.version"),
                                String.join(" ", flags)),
                "pauses of the gateway",
                "");
        table.add("how many", Table.number(pauses.millis().ascending().size()));
        table.add("half of them up to ms", Table.number(pauses.millis().at(0.5), 2));
        table.add("99 of 100 up to ms", Table.number(pauses.millis().at(0.99), 2));
        Pauses.Pause longest = pauses.longest();
        table.add("longest ms", Table.number(longest.millis(), 2));
        table.add("of it, until all threads stood", Table.number(longest.reachingMs(), 2));
        table.add("its operation", longest.operation());
        table.add("resident MiB in the end", Table.number(resident >> 20));
        JsonObject json = new JsonObject()
                .put("bench", "gc")
                .put("users", options.users())
                .put("seconds", options.seconds())
                .put("jdk", System.getProperty("java.version"))
                .put("flags", String.join(" ", flags))
                .put("pauses", pauses.millis().ascending().size())
                .put("p50Ms", Outcome.rounded(pauses.millis().at(0.5)))
                .put("p99Ms", Outcome.rounded(pauses.millis().at(0.99)))
                .put("longestMs", Outcome.rounded(longest.millis()))
                .put("longestReachingMs", Outcome.rounded(longest.reachingMs()))
                .put("longestOperation", longest.operation())
                .put("residentMib", resident >> 20)
                .put("messages", counts.heard())
                .put("troubles", counts.troubles());
        return new Outcome(table, json, counts.heard() == expected && counts.troubles() == 0);
    }
}
