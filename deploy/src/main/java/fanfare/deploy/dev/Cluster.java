package fanfare.deploy.dev;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The processes of one development cluster. Started by the main thread, stopped by the exit hook, perhaps while it still
 * starts: hence the lock.
 */
final class Cluster {
    private static final String LOOPBACK = "127.0.0.1";

    /** A child that answers on a management port, and the port. */
    record Managed(Child child, int managementPort) {}

    private final DevOptions options;
    private final Ports ports;
    private final Path root;
    private final Path logs;
    /** In the order of their start, Redis first if it is ours. */
    private final List<Child> children = new ArrayList<>();
    /** Once true, nothing may be started any more. */
    private boolean stopping;

    Cluster(DevOptions options, Path root) {
        this.options = options;
        this.ports = options.ports();
        this.root = root;
        Path folder = root.resolve("deploy/target/logs");
        // Two clusters on one machine must not write over each other's.
        this.logs = ports.offset() == 0 ? folder : folder.resolve(Integer.toString(ports.offset()));
    }

    Path logs() {
        return logs;
    }

    /** Starts a Redis of our own, which keeps nothing. */
    void startRedis(RedisBinary redis) throws IOException, InterruptedException {
        Files.createDirectories(logs);
        new RedisServers(redis, ports, logs, (name, command) -> add(() -> Child.startTied(name, logs, command)))
                .start(options.redis());
    }

    /** Starts everything but Redis. */
    List<Managed> startServices() throws IOException {
        Files.createDirectories(logs);
        List<Managed> services = new ArrayList<>();
        Path secret = relaySecret();
        services.add(service(
                "site",
                "deploy",
                List.of("site"),
                ports.site(),
                ports.siteManagement(),
                Map.of(
                        "FANFARE_GATEWAY_PORT", Integer.toString(ports.balancer()),
                        "FANFARE_PUBLISHER_PORT", Integer.toString(ports.publisher()))));
        services.add(service(
                "publisher",
                "publisher-api",
                List.of(),
                ports.publisher(),
                ports.publisherManagement(),
                Map.of("FANFARE_REDIS_URL", options.redisUrl(), "FANFARE_DEV_KEY", "dev.secret")));
        for (int number = 1; number <= options.gateways(); number++) {
            services.add(service(
                    "gateway-" + number,
                    "gateway",
                    List.of(),
                    ports.gateway(number),
                    ports.gatewayManagement(number),
                    gatewaySettings(number, secret)));
        }
        services.add(service(
                "balancer",
                "deploy",
                List.of("balancer"),
                ports.balancer(),
                ports.balancerManagement(),
                Map.of("FANFARE_BACKENDS", backends())));
        return services;
    }

    /** Stops everything in order: gateways while the rest still serves their clients' way out, Redis last. */
    void stop() throws InterruptedException {
        List<Child> all;
        synchronized (this) {
            stopping = true;
            all = List.copyOf(children);
        }
        for (Set<String> stage : List.of(Set.of("gateway"), Set.of("balancer", "publisher", "site"), Set.of("redis"))) {
            List<Child> stopped = all.stream()
                    .filter(child -> stage.stream().anyMatch(child.name()::startsWith))
                    .toList();
            stopped.forEach(Child::stop);
            for (Child child : stopped) {
                child.awaitEnd();
            }
        }
    }

    /** A secret of this run's gateways. */
    private Path relaySecret() throws IOException {
        byte[] secret = new byte[24];
        new SecureRandom().nextBytes(secret);
        Path file = logs.resolve("relay.secret");
        Files.deleteIfExists(file);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return Files.writeString(file, HexFormat.of().formatHex(secret));
    }

    private Map<String, String> gatewaySettings(int number, Path relaySecret) {
        return Map.ofEntries(
                Map.entry("FANFARE_NODE_NAME", "gateway-" + number),
                Map.entry("FANFARE_REDIS_URL", options.redisUrl()),
                Map.entry("FANFARE_SITE_AUTH_URL", "http://" + LOOPBACK + ":" + ports.site() + "/push/auth"),
                Map.entry("FANFARE_SITE_COOKIES", "site_session"),
                Map.entry("FANFARE_ANONYMOUS", "allow"),
                Map.entry("FANFARE_DRAIN_WINDOW", "5s"),
                Map.entry("FANFARE_RELAY_PORT", Integer.toString(ports.gatewayRelay(number))),
                Map.entry("FANFARE_RELAY_SECRET_FILE", relaySecret.toString()),
                Map.entry("FANFARE_TRUSTED_PROXIES", "127.0.0.0/8,::1"),
                // A developer's machine is one client address, however many clients it plays.
                Map.entry("FANFARE_HANDSHAKES_PER_ADDRESS_MAX", "0"),
                Map.entry("FANFARE_SESSIONS_PER_ADDRESS_MAX", "0"),
                Map.entry("FANFARE_BODY_BYTES_PER_ADDRESS_MAX", "0"));
    }

    private String backends() {
        return IntStream.rangeClosed(1, options.gateways())
                .mapToObj(number ->
                        "%s:%d/%d".formatted(LOOPBACK, ports.gateway(number), ports.gatewayManagement(number)))
                .collect(Collectors.joining(","));
    }

    private Managed service(
            String name,
            String module,
            List<String> command,
            int port,
            int managementPort,
            Map<String, String> settings)
            throws IOException {
        Map<String, String> all = new TreeMap<>(settings);
        all.put("FANFARE_LISTEN_HOST", LOOPBACK);
        all.put("FANFARE_LISTEN_PORT", Integer.toString(port));
        all.put("FANFARE_MANAGEMENT_PORT", Integer.toString(managementPort));
        all.put("FANFARE_LOG_FORMAT", "text");
        all.put("FANFARE_PARENT_PID", Long.toString(ProcessHandle.current().pid()));
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        line.addAll(
                switch (module) {
                    case "gateway" -> JvmFlags.start(root, module, "-Xmx1g");
                    case "publisher-api" -> JvmFlags.start(root, module, "-Xmx256m");
                    default ->
                        List.of(
                                "-Xmx256m",
                                "-jar",
                                root.resolve(module + "/target/" + module + ".jar")
                                        .toString());
                });
        line.addAll(command);
        return new Managed(add(() -> Child.start(name, logs, line, all)), managementPort);
    }

    private interface Start {
        Child start() throws IOException;
    }

    private synchronized Child add(Start start) throws IOException {
        if (stopping) {
            throw new IOException("stopping");
        }
        Child child = start.start();
        children.add(child);
        child.onExit(code -> {
            if (!isStopping()) {
                System.out.printf(
                        "%s ended with exit code %d; the others go on. Its log: %s%n", child.name(), code, child.log());
            }
        });
        return child;
    }

    synchronized boolean isStopping() {
        return stopping;
    }
}
