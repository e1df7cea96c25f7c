package fanfare.deploy.bench;

import fanfare.deploy.dev.Child;
import fanfare.deploy.dev.FreePorts;
import fanfare.deploy.dev.JvmFlags;
import fanfare.deploy.dev.Readiness;
import fanfare.deploy.dev.RedisBinary;
import fanfare.deploy.dev.RedisShards;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The processes of one benchmark, on free ports of the loopback address. They are started by the main thread and stopped by
 * the exit hook, perhaps while more are to come: hence the lock.
 */
final class Workbench {
    static final String LOOPBACK = "127.0.0.1";
    /** A process may have 20,000 file descriptors, and needs some for itself. */
    static final int CONNECTIONS_MAX = 19_000;

    private static final String HEAP = "-Xmx1g";
    static final String PUBLISHER_KEY = "bench.secret";

    /** A gateway, and where it listens. */
    record Gateway(int port, int managementPort, long pid) {}

    /** A process of another kind, and where it listens. */
    record Service(int port, long pid) {}

    /** A cluster, and its servers' processes: first the masters, then a replica of each. */
    record Shards(RedisShards shards, List<Child> servers) {}

    private final Path root;
    private final Path logs;
    private final FreePorts ports;
    private final Readiness readiness = new Readiness();
    /** Guarded by this, as is the next. */
    private final List<Child> children = new ArrayList<>();

    private boolean stopping;
    /** Null for the usual ones; the main thread's alone. */
    private @Nullable List<String> gatewayFlags;

    private interface Start {
        Child start() throws IOException;
    }

    Workbench(Path root, Path logs, FreePorts ports) {
        this.root = root;
        this.logs = logs;
        this.ports = ports;
    }

    /** A port for something of the benchmark's own. */
    int freePort() {
        return ports.take();
    }

    /** Starts a Redis that keeps nothing, and waits until it answers on the port that is returned. */
    int startRedis() throws IOException, InterruptedException {
        return startRedis("redis");
    }

    /** The same under a name of its own. */
    int startRedis(String name) throws IOException, InterruptedException {
        RedisBinary redis = redis();
        int port = ports.take();
        List<String> command = List.of(
                redis.path().toString(),
                "--port",
                Integer.toString(port),
                "--bind",
                LOOPBACK,
                "--save",
                "",
                "--appendonly",
                "no");
        readiness.awaitRedis(add(() -> Child.startTied(name, logs, command)), port);
        return port;
    }

    /**
     * Starts a Redis Cluster of {@link RedisShards#COUNT} shards, each with a replica, and waits until it serves.
     *
     * @param weight how many times as many slots as another's the first shard has
     */
    Shards startCluster(int weight) throws IOException, InterruptedException {
        RedisBinary redis = redis();
        List<RedisShards.Address> addresses = new ArrayList<>();
        for (int i = 0; i < 2 * RedisShards.COUNT; i++) {
            addresses.add(new RedisShards.Address(ports.take(), ports.take()));
        }
        RedisShards shards = new RedisShards(
                redis,
                logs,
                (name, command) -> add(() -> Child.startTied(name, logs, command)),
                addresses,
                weight,
                server -> List.of());
        return new Shards(shards, shards.start());
    }

    private static RedisBinary redis() throws IOException {
        return RedisBinary.installed(System.getenv().getOrDefault("PATH", ""))
                .orElseThrow(() -> new IOException("no redis-server or valkey-server 6.2 or newer is on the PATH"));
    }

    static String url(int redisPort) {
        return "redis://" + LOOPBACK + ":" + redisPort;
    }

    /** Starts a gateway whose browsers are known to the site on that port, and waits until it is ready. */
    Gateway startGateway(int redisPort, int sitePort, int connectionsMax) throws IOException, InterruptedException {
        return startGateway("gateway", redisPort, sitePort, connectionsMax);
    }

    /** The same under a name of its own. */
    Gateway startGateway(String name, int redisPort, int sitePort, int connectionsMax)
            throws IOException, InterruptedException {
        return startGateway(name, url(redisPort), sitePort, connectionsMax);
    }

    /** The same before any kind of Redis. */
    Gateway startGateway(String name, String redisUrl, int sitePort, int connectionsMax)
            throws IOException, InterruptedException {
        return startGateway(name, root.resolve("gateway/target/gateway.jar"), redisUrl, sitePort, connectionsMax);
    }

    /** The same with another build's jar. */
    Gateway startGateway(String name, Path jar, int redisPort, int sitePort, int connectionsMax)
            throws IOException, InterruptedException {
        return startGateway(name, jar, url(redisPort), sitePort, connectionsMax);
    }

    private Gateway startGateway(String name, Path jar, String redisUrl, int sitePort, int connectionsMax)
            throws IOException, InterruptedException {
        int port = ports.take();
        int managementPort = ports.take();
        Map<String, String> settings = Map.ofEntries(
                Map.entry("FANFARE_NODE_NAME", name),
                Map.entry("FANFARE_LISTEN_HOST", LOOPBACK),
                Map.entry("FANFARE_LISTEN_PORT", Integer.toString(port)),
                Map.entry("FANFARE_MANAGEMENT_PORT", Integer.toString(managementPort)),
                Map.entry("FANFARE_REDIS_URL", redisUrl),
                Map.entry("FANFARE_SITE_AUTH_URL", "http://" + LOOPBACK + ":" + sitePort + "/"),
                Map.entry("FANFARE_CONNECTIONS_MAX", Integer.toString(connectionsMax)),
                // All clients come at once, by design, and have one address.
                Map.entry("FANFARE_HANDSHAKES_MAX", "0"),
                Map.entry("FANFARE_HANDSHAKES_PER_ADDRESS_MAX", "0"),
                Map.entry("FANFARE_SESSIONS_PER_ADDRESS_MAX", "0"));
        Child child = startJava(name, JvmFlags.start(gatewayFlags(), HEAP, jar), settings, managementPort);
        return new Gateway(port, managementPort, child.pid());
    }

    /** Starts a publisher that takes {@link #PUBLISHER_KEY}, and waits until it is ready. */
    Service startPublisher(int redisPort) throws IOException, InterruptedException {
        int port = ports.take();
        int managementPort = ports.take();
        Map<String, String> settings = Map.of(
                "FANFARE_LISTEN_HOST",
                LOOPBACK,
                "FANFARE_LISTEN_PORT",
                Integer.toString(port),
                "FANFARE_MANAGEMENT_PORT",
                Integer.toString(managementPort),
                "FANFARE_REDIS_URL",
                url(redisPort),
                "FANFARE_DEV_KEY",
                PUBLISHER_KEY,
                "FANFARE_RATE_LIMIT",
                "0");
        return new Service(
                port,
                startJava("publisher", JvmFlags.start(root, "publisher-api", HEAP), settings, managementPort)
                        .pid());
    }

    /** Starts {@code deploy.jar bench COMMAND PORT ARGUMENTS}, and waits until it is ready. */
    Service startOwn(String name, String command, int... arguments) throws IOException, InterruptedException {
        int port = ports.take();
        // What is compared with the product has the product's flags.
        List<String> line =
                JvmFlags.start(JvmFlags.of(root, "gateway"), HEAP, root.resolve("deploy/target/deploy.jar"));
        line.addAll(List.of("bench", command));
        line.add(Integer.toString(port));
        IntStream.of(arguments).mapToObj(Integer::toString).forEach(line::add);
        return new Service(port, startJava(name, line, Map.of(), port).pid());
    }

    /** Has gateways that are started from now on run with these JVM flags instead of their usual ones. */
    void gatewayFlags(List<String> flags) {
        gatewayFlags = List.copyOf(flags);
    }

    /** Those that gateways run with. */
    List<String> gatewayFlags() throws IOException {
        return gatewayFlags == null ? JvmFlags.of(root, "gateway") : gatewayFlags;
    }

    /**
     * Starts a program that is ready when it answers on the port, its last argument but those given; and tells the pid of its
     * own process, not of the shell that ends it with this one.
     */
    Service startNative(String name, Path program, int... arguments) throws IOException, InterruptedException {
        int port = ports.take();
        List<String> line = new ArrayList<>(List.of(program.toString(), Integer.toString(port)));
        IntStream.of(arguments).mapToObj(Integer::toString).forEach(line::add);
        Child child = add(() -> Child.startTied(name, logs, line));
        readiness.await(child, port);
        long pid = ProcessHandle.of(child.pid()).stream()
                .flatMap(ProcessHandle::descendants)
                .filter(process -> process.info()
                        .command()
                        .filter(program.toString()::equals)
                        .isPresent())
                .mapToLong(ProcessHandle::pid)
                .findFirst()
                .orElseThrow(() -> new IOException(name + " has gone"));
        return new Service(port, pid);
    }

    /** What a benchmark printed, and its exit code. */
    record Ended(List<String> printed, int code) {}

    /** Runs a benchmark with its arguments in a process of its own and waits for its end; its progress is shown. */
    Ended runBenchmark(List<String> arguments) throws IOException, InterruptedException {
        List<String> line = JvmFlags.start(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()),
                HEAP,
                root.resolve("deploy/target/deploy.jar"));
        line.add("bench");
        line.addAll(arguments);
        Child child = add(() -> Child.start(
                "bench-" + arguments.get(0),
                logs,
                line,
                Map.of(
                        "FANFARE_PARENT_PID",
                        Long.toString(ProcessHandle.current().pid()))));
        CompletableFuture<Integer> code = new CompletableFuture<>();
        child.onExit(code::complete);
        try {
            int ended = code.get();
            return new Ended(Files.readAllLines(child.log()), ended);
        } catch (ExecutionException e) {
            throw new IOException(e);
        }
    }

    /** The folder of the processes' logs, for whatever else a benchmark makes. */
    Path logs() {
        return logs;
    }

    /** The project's root. */
    Path root() {
        return root;
    }

    private Child startJava(String name, List<String> arguments, Map<String, String> settings, int readyPort)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(arguments);
        Map<String, String> all = new HashMap<>(settings);
        all.put("FANFARE_PARENT_PID", Long.toString(ProcessHandle.current().pid()));
        Child child = add(() -> Child.start(name, logs, command, all));
        readiness.await(child, readyPort);
        return child;
    }

    /** Ends every process at once; nobody here deserves a good-bye. */
    void stop() {
        List<Child> all;
        synchronized (this) {
            stopping = true;
            all = List.copyOf(children);
        }
        try {
            for (Child child : all) {
                child.kill();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized Child add(Start start) throws IOException {
        if (stopping) {
            throw new IOException("stopping");
        }
        Child child = start.start();
        children.add(child);
        return child;
    }
}
