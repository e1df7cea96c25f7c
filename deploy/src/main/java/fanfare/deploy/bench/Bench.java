package fanfare.deploy.bench;

import fanfare.config.Env;
import fanfare.deploy.bench.audience.Audience;
import fanfare.deploy.bench.plain.BareBroadcaster;
import fanfare.deploy.bench.plain.PlainProcess;
import fanfare.deploy.bench.sink.SinkProcess;
import fanfare.deploy.dev.Dev;
import fanfare.deploy.dev.FreePorts;
import fanfare.process.LogFormat;
import fanfare.process.Logging;
import fanfare.process.Parent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** {@code deploy.jar bench}: runs one benchmark, which prints a table and a line of JSON. */
public final class Bench {
    private static final String USAGE =
            """
            Usage: java -jar deploy.jar bench publish [--users N] [--calls N]
                   java -jar deploy.jar bench recover [--users N]
                   java -jar deploy.jar bench receipts [--users N] [--broadcasts N] [--rounds N] [--beside JAR]
                   java -jar deploy.jar bench private [--users N] [--millis N] [--rounds N]
                   java -jar deploy.jar bench multicast [--users N] [--rounds N]
                   java -jar deploy.jar bench storm [--users N]
                   java -jar deploy.jar bench shard-failover [--users N] [--rate N] [--seconds N] [--how kill|agreed]
                   java -jar deploy.jar bench memory [--users N] [--few N] [--flags FLAGS]
                   java -jar deploy.jar bench fanout [--users N] [--broadcasts N] [--rounds N]
                   java -jar deploy.jar bench million [--connections N] [--seconds N]
                   java -jar deploy.jar bench gc [--minutes N] [--seconds N] [--users N] [--flags FLAGS]
                   java -jar deploy.jar bench all [--only NAMES]

            Runs one benchmark; ./deploy/bench --help says more.""";

    private static final Path CONGESTION_CONTROL = Path.of("/proc/sys/net/ipv4/tcp_congestion_control");

    private interface Benchmark {
        Outcome run(Workbench workbench) throws IOException, InterruptedException;
    }

    private Bench() {}

    /** Returns only when asked for help; else ends the JVM, with 0 if all that was to arrive has arrived. */
    public static void run(List<String> arguments) {
        if (arguments.isEmpty() || arguments.contains("--help") || arguments.contains("-h")) {
            System.out.println(USAGE);
            return;
        }
        List<String> rest = arguments.subList(1, arguments.size());
        switch (arguments.get(0)) {
            case "publish" -> run("publish", new PublishBench(PublishBench.Options.parse(rest))::run);
            case "recover" -> run("recover", new RecoverBench(RecoverBench.Options.parse(rest))::run);
            case "receipts" -> run("receipts", new ReceiptBench(ReceiptBench.Options.parse(rest))::run);
            case "private" -> run("private", new PrivateBench(PrivateBench.Options.parse(rest))::run);
            case "multicast" -> run("multicast", new MulticastBench(MulticastBench.Options.parse(rest))::run);
            case "memory" -> run("memory", new MemoryBench(MemoryBench.Options.parse(rest))::run);
            case "fanout" -> run("fanout", new FanoutBench(FanoutBench.Options.parse(rest))::run);
            case "million" -> run("million", new MillionBench(MillionBench.Options.parse(rest))::run);
            case "gc" -> run("gc", new GcBench(GcBench.Options.parse(rest))::run);
            case "all" -> run("all", new AllBench(AllBench.Options.parse(rest))::run);
            case "shard-failover" ->
                run("shard-failover", new ShardFailoverBench(ShardFailoverBench.Options.parse(rest))::run);
            case "storm" -> run("storm", new StormBench(StormBench.Options.parse(rest))::run);
            // What benchmarks start as processes of their own; nobody else has a use for it.
            case "plain-gateway" -> PlainProcess.gateway(rest);
            case "plain-publisher" -> PlainProcess.publisher(rest);
            case "broadcaster" -> BareBroadcaster.run(rest);
            case "sinks" -> SinkProcess.run(rest);
            case "audience" -> Audience.run(rest);
            default ->
                throw new IllegalArgumentException(arguments.get(0)
                        + " is not a benchmark; there are publish, recover, receipts, private, multicast, storm,"
                        + " shard-failover, memory, fanout, million, gc and all");
        }
    }

    private static void run(String name, Benchmark benchmark) {
        Logging.install(LogFormat.TEXT);
        // A benchmark of all ends with the one that runs them all.
        Parent.watch(Parent.pid(new Env(System.getenv())), () -> System.exit(1));
        Path root = Dev.root();
        int code = 1;
        try {
            Path logs = Files.createDirectories(root.resolve("deploy/target/logs/bench/" + name));
            Workbench workbench = new Workbench(root, logs, new FreePorts(new Random()));
            // However the JVM ends: the benchmark is over, a signal, a mistake.
            Runtime.getRuntime().addShutdownHook(new Thread(workbench::stop, "stop"));
            warnOfPacing();
            Outcome outcome = benchmark.run(workbench);
            System.out.print(outcome.table());
            System.out.println(outcome.json().encode());
            code = outcome.complete() ? 0 : 1;
        } catch (IOException e) {
            System.err.println("fanfare: " + e.getMessage());
        } catch (InterruptedException e) {
            System.err.println("fanfare: interrupted");
        }
        System.exit(code);
    }

    private static void warnOfPacing() throws IOException {
        if (Files.exists(CONGESTION_CONTROL)
                && Files.readString(CONGESTION_CONTROL).startsWith("bbr")) {
            Progress.say(
                    "TCP is paced here: on loopback bbr sets a timer at nearly every write, which costs more than the"
                            + " write; to compare with the figures of deploy/README.md:"
                            + " sysctl net.ipv4.tcp_congestion_control=cubic");
        }
    }
}
