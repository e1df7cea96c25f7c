package fanfare.deploy.dev;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

/** {@code deploy.jar dev}: starts the cluster, says where it is, and stops it when it is told to. */
public final class Dev {
    private static final String USAGE =
            """
            Usage: java -jar deploy.jar dev [--gateways N] [--redis sentinel|cluster|URL] [--port-offset N]

            Starts the cluster on this machine; ./deploy/dev --help says more.""";

    private Dev() {}

    /** Returns only when asked for help; else runs until a signal, and ends the JVM. */
    public static void run(List<String> arguments) {
        if (arguments.contains("--help") || arguments.contains("-h")) {
            System.out.println(USAGE);
            return;
        }
        DevOptions options = DevOptions.parse(arguments);
        Path root = root();
        for (String module : List.of("gateway", "publisher-api", "deploy")) {
            if (!Files.isRegularFile(root.resolve(module + "/target/" + module + ".jar"))) {
                throw new IllegalArgumentException(
                        module + "/target/" + module + ".jar is missing; ./deploy/dev builds it");
            }
        }
        List<String> taken = options.ports().taken(options.gateways(), options.redis());
        if (!taken.isEmpty()) {
            taken.forEach(System.err::println);
            System.exit(1);
        }
        Cluster cluster = new Cluster(options, root);
        ExitHook exit = new ExitHook(cluster);
        Runtime.getRuntime().addShutdownHook(new Thread(exit, "stop"));
        try {
            start(cluster, options, root);
            new CountDownLatch(1).await();
        } catch (IOException e) {
            exit.fail("fanfare: " + e.getMessage());
        } catch (InterruptedException e) {
            exit.fail("fanfare: interrupted");
        }
    }

    private static void start(Cluster cluster, DevOptions options, Path root) throws IOException, InterruptedException {
        Readiness readiness = new Readiness();
        if (options.redis() == RedisKind.GIVEN) {
            System.out.println("Redis is " + options.redisUrl().replaceAll("//.*@", "//") + ", not ours");
        } else {
            RedisBinary binary =
                    RedisBinary.find(System.getenv().getOrDefault("PATH", ""), root.resolve("deploy/target/redis"));
            System.out.println("Redis is " + binary.description());
            cluster.startRedis(binary);
        }
        List<Cluster.Managed> services = cluster.startServices();
        System.out.println("Starting "
                + String.join(
                        ", ",
                        services.stream().map(service -> service.child().name()).toList()));
        for (Cluster.Managed service : services) {
            readiness.await(service.child(), service.managementPort());
        }
        System.out.println(Summary.of(options, cluster.logs()));
    }

    /** The project's root, seen from {@code deploy/target/deploy.jar}. */
    public static Path root() {
        try {
            Path jar = Path.of(Dev.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            return Stream.iterate(jar, Path::getParent).skip(3).findFirst().orElseThrow();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
