package fanfare.deploy.bench;

import fanfare.deploy.command.Arguments;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * As many connections as the machine bears, over several gateways: what each costs the gateways and the kernel, what a million
 * would need, and what their heartbeats cost beside a bare loop that sends the same.
 */
final class MillionBench {
    private static final Duration STEP_MAX = Duration.ofMinutes(3);
    private static final long MILLION = 1_000_000;
    /** Of the machine that a million should fit into [bytes]. */
    private static final long ROOM_BYTES = 24L << 30;
    /** The interval that gateways have unless told otherwise [s]. */
    private static final int HEARTBEAT_SECONDS = 25;
    /** What an idle gateway does a few times a second is compiled when it has done it some thousand times. */
    private static final int SETTLING_ROUNDS_MAX = 60;

    private static final int SETTLING_ROUND_SECONDS = 15;
    /** Of a look that is shorter than a round, whose figures say nothing anyway. */
    private static final int FEW_ROUNDS = 4;

    private static final double COMPILERS_SHARE_MAX = 0.05;
    /** One connection in so many is there when memory is looked at first. */
    private static final int FIRST_SHARE = 10;
    /** What is kept free for whatever else runs, and a guess of what a connection takes on both sides [bytes]. */
    private static final long SPARE_BYTES = 2L << 30;

    private static final long GUESS_BYTES = 60 << 10;
    private static final int ROOM = 100;

    private final Options options;

    /** @param seconds for which heartbeats are looked at */
    record Options(int connections, int seconds) {
        /** @throws IllegalArgumentException with one sentence for people */
        static Options parse(List<String> arguments) {
            Arguments given = new Arguments(arguments, "--connections", "--seconds");
            return new Options(
                    given.number("--connections", 100_000, 20, 1_000_000), given.number("--seconds", 75, 1, 3_600));
        }
    }

    /** A serving process with its clients, who are users from a first one on. */
    private record Stand(long pid, int port, Sinks sinks, int first, int count) {
        void come(int from, int to) throws IOException, InterruptedException {
            sinks.come(port, Sinks.Framing.RAW, first + from, to - from);
        }
    }

    private interface Work {
        void on(Stand stand) throws IOException, InterruptedException;
    }

    /** Of all gateways, and of the kernel for both ends [bytes]. */
    private record Look(long gateways, long kernel) {}

    /**
     * What a span of heartbeats cost, and how many came.
     *
     * @param nanos of CPU time
     * @param compiling what the JVMs' compilers spent of it [ns]
     */
    private record Beats(long nanos, long compiling, long heartbeats) {}

    MillionBench(Options options) {
        this.options = options;
    }

    Outcome run(Workbench workbench) throws IOException, InterruptedException {
        int connections = (int) Math.min(options.connections(), (Memory.available() - SPARE_BYTES) / GUESS_BYTES);
        if (connections < options.connections()) {
            Progress.say(
                    "memory is short: %,d connections instead of %,d".formatted(connections, options.connections()));
        }
        int processes = (connections + Workbench.CONNECTIONS_MAX - 1) / Workbench.CONNECTIONS_MAX;
        Vertx vertx = Vertx.vertx();
        HttpServer site = new Loop(vertx).await("the site", STEP_MAX, () -> Doorman.listen(vertx));
        int redisPort = workbench.startRedis();
        List<Stand> gateways = new ArrayList<>();
        for (int i = 0; i < processes; i++) {
            int first = share(connections, processes, i);
            int count = share(connections, processes, i + 1) - first;
            Workbench.Gateway gateway =
                    workbench.startGateway("gateway-" + (i + 1), redisPort, site.actualPort(), count + ROOM);
            Sinks sinks = Sinks.start(workbench, "sinks-" + (i + 1));
            gateways.add(new Stand(gateway.pid(), gateway.port(), sinks, first, count));
        }
        each(gateways, "a tenth of %,d connections".formatted(connections), stand -> stand.come(0, early(stand)));
        Look few = look(gateways);
        each(gateways, "the rest", stand -> stand.come(early(stand), stand.count()));
        Look many = look(gateways);
        List<Stand> loops = new ArrayList<>();
        String language = "";
        for (Stand gateway : gateways) {
            String name = "-" + (loops.size() + 1);
            Broadcaster loop = Broadcaster.start(workbench, "broadcaster" + name, HEARTBEAT_SECONDS);
            language = loop.language();
            Sinks sinks = Sinks.start(workbench, "loop-sinks" + name);
            loops.add(new Stand(loop.pid(), loop.port(), sinks, gateway.first(), gateway.count()));
        }
        each(loops, "as many connections to loops in " + language, stand -> stand.come(0, stand.count()));
        settle(gateways);
        Progress.say("%d s of heartbeats".formatted(options.seconds()));
        Beats gatewaysBefore = beats(gateways);
        Beats loopsBefore = beats(loops);
        Thread.sleep(options.seconds() * 1_000L);
        Beats ours = since(gatewaysBefore, beats(gateways));
        Beats bare = since(loopsBefore, beats(loops));
        int lost = 0;
        for (Stand stand : gateways) {
            lost += stand.count() - stand.sinks().counts().open();
        }
        int more = gateways.stream()
                .mapToInt(stand -> stand.count() - early(stand))
                .sum();
        // Either end of a connection is a socket, and they have the same size.
        Slope slope = new Slope((many.gateways() - few.gateways()) / more, (many.kernel() - few.kernel()) / more / 2);
        return outcome(connections, processes, slope, ours, bare, language, lost);
    }

    /** What a connection costs [bytes]. */
    private record Slope(long gateway, long kernel) {
        double millionGib() {
            return (double) (gateway + kernel) * MILLION / (1L << 30);
        }
    }

    /** What follows a connect comes to its end, and so does what the JVMs compile for a heartbeat. */
    private void settle(List<Stand> gateways) throws IOException, InterruptedException {
        int roundSeconds = Math.min(options.seconds(), SETTLING_ROUND_SECONDS);
        int roundsMax = options.seconds() < SETTLING_ROUND_SECONDS ? FEW_ROUNDS : SETTLING_ROUNDS_MAX;
        Progress.say("up to %d s of settling".formatted(roundsMax * roundSeconds));
        Warmth.reach(
                gateways.stream().map(Stand::pid).toList(),
                COMPILERS_SHARE_MAX,
                roundsMax,
                round -> Thread.sleep(roundSeconds * 1_000L));
    }

    private static int share(int connections, int processes, int index) {
        return (int) ((long) connections * index / processes);
    }

    private static int early(Stand stand) {
        return Math.max(1, stand.count() / FIRST_SHARE);
    }

    private static void each(List<Stand> stands, String what, Work work) throws IOException, InterruptedException {
        for (Stand stand : stands) {
            Progress.say("%s: process %d of %d".formatted(what, stands.indexOf(stand) + 1, stands.size()));
            work.on(stand);
        }
    }

    private static Look look(List<Stand> gateways) throws IOException, InterruptedException {
        Progress.say("memory settles");
        long resident = 0;
        for (Stand stand : gateways) {
            try (Jvm jvm = Jvm.attach(stand.pid())) {
                jvm.collect();
            }
        }
        for (Stand stand : gateways) {
            resident += Memory.settled(stand.pid());
        }
        return new Look(resident, Memory.kernel());
    }

    private static Beats beats(List<Stand> stands) throws IOException, InterruptedException {
        long nanos = 0;
        long compiling = 0;
        long heartbeats = 0;
        for (Stand stand : stands) {
            nanos += Cpu.nanos(stand.pid());
            compiling += Warmth.compilers(stand.pid());
            heartbeats += stand.sinks().counts().heartbeats();
        }
        return new Beats(nanos, compiling, heartbeats);
    }

    private static Beats since(Beats before, Beats now) {
        return new Beats(
                now.nanos() - before.nanos(),
                Math.max(0, now.compiling() - before.compiling()),
                now.heartbeats() - before.heartbeats());
    }

    private Outcome outcome(
            int connections, int processes, Slope slope, Beats ours, Beats bare, String language, int lost) {
        double least = Math.max(Cpu.TICK_NANOS, bare.nanos());
        double ratio = ours.nanos() / least;
        double ratioLater = (ours.nanos() - ours.compiling()) / least;
        Table table = new Table(
                "%s raw WebSockets on %d gateways, heartbeats every %d s looked at for %d s"
                        .formatted(Table.number(connections), processes, HEARTBEAT_SECONDS, options.seconds()),
                "",
                "");
        table.add("a connection, gateway's resident bytes", Table.number(slope.gateway()));
        table.add("a connection, kernel bytes of its end", Table.number(slope.kernel()));
        table.add("a million of them, GiB", Table.number(slope.millionGib(), 1));
        table.add(
                "connections that fit into 24 GiB",
                Table.number(ROOM_BYTES / Math.max(1, slope.gateway() + slope.kernel())));
        table.add("heartbeats that came, gateways", Table.number(ours.heartbeats()));
        table.add("heartbeats that came, loops in " + language, Table.number(bare.heartbeats()));
        table.add("idle CPU, gateways, %", Table.number(percent(ours.nanos()), 2));
        table.add("idle CPU, loops in %s, %%".formatted(language), Table.number(percent(bare.nanos()), 2));
        table.add("gateways : loops", Table.number(ratio, 2));
        table.add("the same without the JVMs' compilers", Table.number(ratioLater, 2));
        JsonObject json = new JsonObject()
                .put("bench", "million")
                .put("connections", connections)
                .put("gateways", processes)
                .put("gatewayBytes", slope.gateway())
                .put("kernelBytes", slope.kernel())
                .put("millionGib", Outcome.rounded(slope.millionGib()))
                .put("heartbeats", ours.heartbeats())
                .put("bareHeartbeats", bare.heartbeats())
                .put("idlePercent", Outcome.rounded(percent(ours.nanos())))
                .put("bareIdlePercent", Outcome.rounded(percent(bare.nanos())))
                .put("idleToBare", Outcome.rounded(ratio))
                .put("idleToBareWithoutCompilers", Outcome.rounded(ratioLater))
                .put("lost", lost);
        return new Outcome(table, json, lost == 0);
    }

    /** Of one processor. */
    private double percent(long nanos) {
        return 100 * nanos / 1e9 / options.seconds();
    }
}
