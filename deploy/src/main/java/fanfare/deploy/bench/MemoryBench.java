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
 * What an idle WebSocket of a user who is logged in costs a gateway in memory: how much more is resident with many of them
 * than with few, and how much more of the heap is in use. Before each look the garbage is collected, as the usual flags have
 * a gateway do on its own once it is idle, and the look waits until no more memory is given back.
 */
final class MemoryBench {
    private static final Duration STEP_MAX = Duration.ofMinutes(2);
    private static final int COLLECTIONS = 2;
    /** For what a gateway does a little after the last welcome [ms]. */
    private static final int SETTLING_MS = 1_000;

    private static final int ROOM = 100;

    private final Options options;

    /**
     * @param few connections at the first look, of users at the second
     * @param flags of the gateway's JVM; empty for the usual ones
     */
    record Options(int few, int users, List<String> flags) {
        /** @throws IllegalArgumentException with one sentence for people */
        static Options parse(List<String> arguments) {
            Arguments given = new Arguments(arguments, "--few", "--users", "--flags");
            int users = given.number("--users", Workbench.CONNECTIONS_MAX, 20, Workbench.CONNECTIONS_MAX);
            return new Options(
                    given.number("--few", Math.min(2_000, users / 2), 10, users - 1), users, given.words("--flags"));
        }
    }

    /** What a connection costs [bytes]. */
    record Slope(String name, String key, long resident, long heap) {}

    /** A process' memory [bytes]. */
    private record Look(long resident, long heap) {
        static Look at(Jvm jvm, long pid) throws IOException, InterruptedException {
            Thread.sleep(SETTLING_MS);
            long heap = 0;
            for (int i = 0; i < COLLECTIONS; i++) {
                heap = jvm.collect();
            }
            return new Look(Memory.settled(pid), heap);
        }
    }

    MemoryBench(Options options) {
        this.options = options;
    }

    Outcome run(Workbench workbench) throws IOException, InterruptedException {
        if (!options.flags().isEmpty()) {
            workbench.gatewayFlags(options.flags());
        }
        Vertx vertx = Vertx.vertx();
        HttpServer site = new Loop(vertx).await("the site", STEP_MAX, () -> Doorman.listen(vertx));
        List<Slope> slopes = new ArrayList<>();
        for (Sinks.Framing framing : Sinks.Framing.values()) {
            String key = framing == Sinks.Framing.RAW ? "raw" : "sockjs";
            Workbench.Gateway gateway = workbench.startGateway(
                    "gateway-" + key, workbench.startRedis("redis-" + key), site.actualPort(), options.users() + ROOM);
            String name = framing == Sinks.Framing.RAW ? "raw WebSocket" : "SockJS over WebSocket";
            slopes.add(slope(workbench, name, key, gateway.port(), gateway.pid(), framing));
        }
        Workbench.Service plain =
                workbench.startOwn("plain-gateway", "plain-gateway", workbench.startRedis("redis-plain"));
        slopes.add(slope(workbench, "plain Vert.x", "plain", plain.port(), plain.pid(), Sinks.Framing.RAW));
        return outcome(slopes, workbench.gatewayFlags());
    }

    private Slope slope(Workbench workbench, String name, String key, int port, long pid, Sinks.Framing framing)
            throws IOException, InterruptedException {
        Sinks sinks = Sinks.start(workbench, "sinks-" + key);
        try (Jvm jvm = Jvm.attach(pid)) {
            Progress.say("%s: %,d connect".formatted(name, options.few()));
            sinks.come(port, framing, 0, options.few());
            Look few = Look.at(jvm, pid);
            Progress.say("%s: %,d more connect".formatted(name, options.users() - options.few()));
            sinks.come(port, framing, options.few(), options.users() - options.few());
            Look many = Look.at(jvm, pid);
            if (sinks.counts().open() != options.users()) {
                throw new IOException(
                        "%s: %,d of %,d are left".formatted(name, sinks.counts().open(), options.users()));
            }
            sinks.leave(options.users());
            int more = options.users() - options.few();
            return new Slope(name, key, (many.resident() - few.resident()) / more, (many.heap() - few.heap()) / more);
        }
    }

    private Outcome outcome(List<Slope> slopes, List<String> flags) {
        String title = "what one more connection costs, between %s and %s of them, JDK %s, %s"
                .formatted(
                        Table.number(options.few()),
                        Table.number(options.users()),
                        System.getProperty("java.version"),
                        String.join(" ", flags));
        Table table = new Table(title, "", "resident bytes", ": plain", "heap bytes");
        JsonObject json = new JsonObject()
                .put("bench", "memory")
                .put("few", options.few())
                .put("users", options.users())
                .put("jdk", System.getProperty("java.version"))
                .put("flags", String.join(" ", flags));
        long plain = slopes.get(slopes.size() - 1).resident();
        for (Slope slope : slopes) {
            double ratio = (double) slope.resident() / Math.max(1, plain);
            table.add(slope.name(), Table.number(slope.resident()), Table.number(ratio, 2), Table.number(slope.heap()));
            json.put(
                    slope.key(),
                    new JsonObject()
                            .put("residentBytes", slope.resident())
                            .put("toPlain", Outcome.rounded(ratio))
                            .put("heapBytes", slope.heap()));
        }
        return new Outcome(table, json, true);
    }
}
