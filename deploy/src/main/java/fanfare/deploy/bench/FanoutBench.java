package fanfare.deploy.bench;

import fanfare.channel.Channel;
import fanfare.deploy.command.Arguments;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a gateway makes of broadcasts beside the simplest server there can be, with the same clients, in rounds that take
 * turns: deliveries for each second of the serving process' CPU, one broadcast at a time and many published in one go.
 */
final class FanoutBench {
    private static final Duration STEP_MAX = Duration.ofMinutes(2);
    private static final int WARM_UPS_MAX = 30;
    /** Of a few users no JVM gets warm. */
    private static final int FEW_USERS = 1_000;

    private static final int FEW_WARM_UPS = 3;
    /** Of a warm gateway's CPU. */
    private static final double COMPILERS_SHARE_MAX = 0.03;

    private static final int IN_FLIGHT = 16;
    private static final int ALONE = 5;
    /** So that a broadcast finds its loop idle [ms]. */
    private static final int REST_MS = 30;
    /** 128 bytes with the quotes. */
    private static final String DATA = "\"" + "x".repeat(126) + "\"";

    private static final int ROOM = 100;

    private final Options options;

    /**
     * @param broadcasts in each round
     * @param rounds of each kind
     */
    record Options(int users, int broadcasts, int rounds) {
        /** @throws IllegalArgumentException with one sentence for people */
        static Options parse(List<String> arguments) {
            Arguments given = new Arguments(arguments, "--users", "--broadcasts", "--rounds");
            return new Options(
                    given.number("--users", 10_000, 10, Workbench.CONNECTIONS_MAX),
                    given.number("--broadcasts", 32, IN_FLIGHT, 10_000),
                    given.number("--rounds", 5, 1, 100));
        }
    }

    private interface Publish {
        /** Starts so many broadcasts in one go. */
        void broadcast(int messages) throws IOException, InterruptedException;
    }

    /** A server, its connections, and how it is told to broadcast; without garbage, there is no JVM to ask about it. */
    private record Stand(long pid, Sinks sinks, Publish publish, @Nullable Jvm jvm) {
        long allocated() {
            return jvm == null ? 0 : jvm.allocated();
        }
    }

    /** What is measured, round by round. */
    private record Arm(
            String name, String key, Stand stand, int atOnce, Rates perCpuSecond, Rates userMicros, Rates garbage) {
        Arm(String name, String key, Stand stand, int atOnce) {
            this(name, key, stand, atOnce, new Rates(), new Rates(), new Rates());
        }
    }

    FanoutBench(Options options) {
        this.options = options;
    }

    Outcome run(Workbench workbench) throws IOException, InterruptedException {
        Vertx vertx = Vertx.vertx();
        Loop loop = new Loop(vertx);
        HttpServer site = loop.await("the site", STEP_MAX, () -> Doorman.listen(vertx));
        Broadcaster broadcaster = Broadcaster.start(workbench, "broadcaster", 0);
        Stand bare = new Stand(
                broadcaster.pid(),
                crowd(workbench, "bare", broadcaster.port(), Sinks.Framing.RAW),
                broadcaster::broadcast,
                null);
        Stand raw = stand(workbench, vertx, loop, site, "raw", Sinks.Framing.RAW);
        Stand sockJs = stand(workbench, vertx, loop, site, "sockjs", Sinks.Framing.SOCKJS);
        List<Arm> arms = List.of(
                new Arm("the least, in " + broadcaster.language(), "bare", bare, 1),
                new Arm("raw, one at a time", "raw", raw, 1),
                new Arm("SockJS, one at a time", "sockjs", sockJs, 1),
                new Arm("raw, %d in flight".formatted(IN_FLIGHT), "rawInFlight", raw, IN_FLIGHT),
                new Arm("SockJS, %d in flight".formatted(IN_FLIGHT), "sockjsInFlight", sockJs, IN_FLIGHT));
        warmUp(arms.subList(1, arms.size()), List.of(raw, sockJs));
        for (int round = 0; round < options.rounds(); round++) {
            Progress.say("round %d of %d".formatted(round + 1, options.rounds()));
            measure(arms, round, true);
        }
        Map<Stand, Sinks.Arrivals> alone = new LinkedHashMap<>();
        int troubles = 0;
        for (Stand stand : List.of(bare, raw, sockJs)) {
            alone.put(stand, alone(stand));
            troubles += stand.sinks().counts().troubles();
        }
        for (Stand stand : List.of(raw, sockJs)) {
            if (stand.jvm() != null) {
                stand.jvm().close();
            }
        }
        return outcome(arms, alone, troubles);
    }

    /** A gateway with its own Redis and connections, so that each hears its own broadcasts only. */
    private Stand stand(Workbench workbench, Vertx vertx, Loop loop, HttpServer site, String key, Sinks.Framing framing)
            throws IOException, InterruptedException {
        int redisPort = workbench.startRedis("redis-" + key);
        Workbench.Gateway gateway =
                workbench.startGateway("gateway-" + key, redisPort, site.actualPort(), options.users() + ROOM);
        Publishing publishing = Publishing.open(vertx, loop, redisPort);
        Publish publish = messages -> loop.await("publishing", STEP_MAX, () -> {
            List<Future<?>> published = new ArrayList<>();
            for (int i = 0; i < messages; i++) {
                published.add(publishing.publish(Channel.BROADCAST, DATA));
            }
            return Future.all(published);
        });
        return new Stand(
                gateway.pid(), crowd(workbench, key, gateway.port(), framing), publish, Jvm.attach(gateway.pid()));
    }

    private Sinks crowd(Workbench workbench, String key, int port, Sinks.Framing framing)
            throws IOException, InterruptedException {
        Progress.say("%s: %,d connect".formatted(key, options.users()));
        Sinks sinks = Sinks.start(workbench, "sinks-" + key);
        sinks.come(port, framing, 0, options.users());
        return sinks;
    }

    /** Rounds that do not count, until the gateways' code is compiled. */
    private void warmUp(List<Arm> arms, List<Stand> gateways) throws IOException, InterruptedException {
        Progress.say("warming up, until the JVMs compile no more");
        int roundsMax = options.users() < FEW_USERS ? FEW_WARM_UPS : WARM_UPS_MAX;
        List<Long> pids = gateways.stream().map(Stand::pid).toList();
        int rounds = Warmth.reach(pids, COMPILERS_SHARE_MAX, roundsMax, round -> measure(arms, round, false));
        Progress.say("%d rounds have warmed them up".formatted(rounds));
    }

    private void measure(List<Arm> arms, int round, boolean counts) throws IOException, InterruptedException {
        for (int i = 0; i < arms.size(); i++) {
            // No arm is always behind the same one.
            measure(arms.get((round + i) % arms.size()), counts);
        }
    }

    private void measure(Arm arm, boolean counts) throws IOException, InterruptedException {
        Stand stand = arm.stand();
        int bursts = Math.max(1, options.broadcasts() / arm.atOnce());
        long allocated = stand.allocated();
        Cpu.Spent before = Cpu.spent(stand.pid());
        for (int i = 0; i < bursts; i++) {
            burst(stand, arm.atOnce());
        }
        Cpu.Spent spent = Cpu.spent(stand.pid()).since(before);
        double deliveries = (double) bursts * arm.atOnce() * options.users();
        if (counts) {
            arm.perCpuSecond().add(deliveries * 1e9 / Math.max(Cpu.TICK_NANOS, spent.nanos()));
            arm.userMicros().add(spent.userNanos() / 1e3 / deliveries);
            arm.garbage().add((stand.allocated() - allocated) / deliveries);
        }
    }

    /** Returns when all have what was broadcast. */
    private void burst(Stand stand, int messages) throws IOException, InterruptedException {
        long heard = stand.sinks().counts().heard();
        stand.publish().broadcast(messages);
        stand.sinks().awaitHeard(heard + (long) messages * options.users(), STEP_MAX);
    }

    /** How long a broadcast takes to all when nothing else is under way: of several, the one in the middle. */
    private Sinks.Arrivals alone(Stand stand) throws IOException, InterruptedException {
        List<Sinks.Arrivals> all = new ArrayList<>();
        for (int i = 0; i < ALONE; i++) {
            Thread.sleep(REST_MS);
            stand.sinks().arrivals(0);
            long start = System.nanoTime();
            burst(stand, 1);
            all.add(stand.sinks().arrivals(start));
        }
        all.sort(Comparator.comparingDouble(Sinks.Arrivals::p99));
        return all.get(ALONE / 2);
    }

    private Outcome outcome(List<Arm> arms, Map<Stand, Sinks.Arrivals> alone, int troubles) {
        Table table = new Table(
                "%s WebSockets, broadcasts of 128 bytes, %s a round, %d rounds of each kind in turn"
                        .formatted(Table.number(options.users()), Table.number(options.broadcasts()), options.rounds()),
                "",
                "deliveries/CPU s",
                ": the least",
                "user us",
                "garbage bytes",
                "one alone, p50 ms",
                "p99 ms");
        JsonObject json = new JsonObject()
                .put("bench", "fanout")
                .put("connections", options.users())
                .put("broadcastsPerRound", options.broadcasts())
                .put("rounds", options.rounds());
        for (Arm arm : arms) {
            double ratio = arm.perCpuSecond().ratioTo(arms.get(0).perCpuSecond());
            Sinks.Arrivals arrivals = arm.atOnce() == 1 ? alone.get(arm.stand()) : null;
            table.add(
                    arm.name(),
                    Table.number(Math.round(arm.perCpuSecond().median())),
                    Table.number(ratio, 2),
                    Table.number(arm.userMicros().median(), 2),
                    Table.number(arm.garbage().median(), 0),
                    arrivals == null ? "" : Table.number(arrivals.p50(), 1),
                    arrivals == null ? "" : Table.number(arrivals.p99(), 1));
            JsonObject one = new JsonObject()
                    .put("perCpuSecond", Math.round(arm.perCpuSecond().median()))
                    .put("toBare", Outcome.rounded(ratio))
                    .put("userMicros", Outcome.rounded(arm.userMicros().median()))
                    .put("garbageBytes", Math.round(arm.garbage().median()));
            if (arrivals != null) {
                one.put("p50Ms", Outcome.rounded(arrivals.p50())).put("p99Ms", Outcome.rounded(arrivals.p99()));
            }
            json.put(arm.key(), one);
        }
        return new Outcome(table, json.put("troubles", troubles), troubles == 0);
    }
}
