package fanfare.deploy.selftest;

import com.sun.management.UnixOperatingSystemMXBean;
import fanfare.deploy.dev.Dev;
import fanfare.deploy.dev.RedisBinary;
import fanfare.deploy.selftest.rig.Children;
import fanfare.deploy.selftest.rig.Rig;
import fanfare.process.LogFormat;
import fanfare.process.Logging;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** {@code deploy.jar selftest}: breaks a cluster of its own in every way it knows, and counts what its clients miss. */
public final class Selftest {
    private static final String USAGE =
            """
            Usage: java -jar deploy.jar selftest [--redis pair|cluster] [--minutes N] [--connections N] [--only FAULT] [--seed N]

            Breaks a cluster of its own and counts what its clients miss; ./deploy/selftest --help says more.""";

    /** For Redis links, publishers and the JVM itself. */
    private static final int DESCRIPTORS_BESIDE = 500;

    private Selftest() {}

    /** Ends the JVM, with 0 if every guarantee was kept. */
    public static void run(List<String> arguments) {
        if (arguments.contains("--help") || arguments.contains("-h")) {
            System.out.println(USAGE);
            return;
        }
        SelftestOptions options = SelftestOptions.parse(arguments);
        checkDescriptors(options.connections());
        Path root = Dev.root();
        checkJars(root);
        RedisBinary redis = RedisBinary.installed(System.getenv().getOrDefault("PATH", ""))
                .orElseThrow(
                        () -> new IllegalArgumentException("no redis-server or valkey-server 6.2 or newer is on the"
                                + " PATH; install the package redis-server, as ./deploy/test does"));
        Logging.install(LogFormat.TEXT);
        Children children = new Children();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(children), "stop"));
        try {
            System.exit(prove(options, root, redis, children) ? 0 : 1);
        } catch (IOException | IllegalStateException e) {
            System.err.println("fanfare: " + e.getMessage());
            System.exit(1);
        } catch (InterruptedException e) {
            System.exit(1);
        }
    }

    private static boolean prove(SelftestOptions options, Path root, RedisBinary redis, Children children)
            throws IOException, InterruptedException {
        System.out.printf(
                "%,d connections, %d faults in about %.1f minutes, seed %d; Redis is a %s of %s%n",
                options.connections(),
                options.faults().size(),
                options.budget().toSeconds() / 60.0,
                options.seed(),
                options.redis().label(),
                redis.description());
        // One loop for clients, load and books, one for the network.
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2).setPreferNativeTransport(true));
        Random random = new Random(options.seed());
        Rig rig = new Rig(vertx, root, redis, options.redis(), random, children);
        System.out.println("The cluster is up; logs in " + rig.logs());
        Theatre theatre = new Theatre(vertx, rig, options, random);
        List<Row> rows = new ArrayList<>();
        boolean complete = true;
        try {
            for (Fault fault : options.faults()) {
                Row row = theatre.play(fault);
                rows.add(row);
                System.out.print(Report.details(row));
            }
        } catch (IOException e) {
            // A process does not recover; what was found so far is still worth reading.
            System.out.println("fanfare: " + e.getMessage());
            complete = false;
        }
        Report report = new Report(options, rows, complete);
        System.out.println();
        System.out.println(report.table());
        System.out.println(report.json());
        return report.isKept();
    }

    /** A connection may need two while the old one of a client is still closing, though not all do at once. */
    private static void checkDescriptors(int connections) {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
            long limit = system.getMaxFileDescriptorCount();
            long most = (limit - DESCRIPTORS_BESIDE) * 2 / 3;
            if (connections > most) {
                throw new IllegalArgumentException(
                        "--connections is %d: this process may have %d open files (ulimit -n), enough for %d connections"
                                .formatted(connections, limit, most));
            }
        }
    }

    private static void checkJars(Path root) {
        for (String module : List.of("gateway", "publisher-api", "deploy")) {
            String jar = module + "/target/" + module + ".jar";
            if (!Files.isRegularFile(root.resolve(jar))) {
                throw new IllegalArgumentException(jar + " is missing; ./deploy/selftest builds it");
            }
        }
    }

    private static void stop(Children children) {
        try {
            children.stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
