package fanfare.deploy.selftest.rig;

import fanfare.deploy.dev.Child;
import fanfare.deploy.dev.FreePorts;
import fanfare.deploy.dev.JvmFlags;
import fanfare.deploy.dev.Readiness;
import fanfare.deploy.dev.RedisBinary;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * The cluster under proof: Redis, gateways, publishers and the demo site as processes of their own. Confined to the main
 * thread.
 */
public final class Rig {
    public static final int GATEWAYS = 3;
    public static final int PUBLISHERS = 2;
    private static final String LOOPBACK = "127.0.0.1";

    private final Path logs;
    private final FreePorts ports;
    private final Readiness readiness = new Readiness();
    private final List<Service> gateways = new ArrayList<>();
    private final List<Service> publishers = new ArrayList<>();
    private final RedisUnderProof redis;
    private final Service site;

    private final Children children;

    public Rig(Vertx vertx, Path root, RedisBinary binary, RedisSetup setup, RandomGenerator random, Children children)
            throws IOException, InterruptedException {
        this.logs = root.resolve("deploy/target/logs/selftest");
        this.ports = new FreePorts(random);
        this.children = children;
        Files.createDirectories(logs);
        Child.Starter starter = (name, command) -> children.add(() -> Child.startTied(name, logs, command));
        this.redis = switch (setup) {
            case PAIR -> new RedisPair(vertx, binary.path(), logs, starter, ports, GATEWAYS + PUBLISHERS);
            case CLUSTER -> new RedisCluster(binary, logs, starter, ports, random);
        };
        this.site = service(
                "site",
                List.of(
                        "-Xmx128m",
                        "-jar",
                        root.resolve("deploy/target/deploy.jar").toString(),
                        "site"),
                Map.of());
        for (int i = 0; i < GATEWAYS; i++) {
            gateways.add(service("gateway-" + (i + 1), JvmFlags.start(root, "gateway", "-Xmx1g"), gatewaySettings(i)));
        }
        for (int i = 0; i < PUBLISHERS; i++) {
            publishers.add(service(
                    "publisher-" + (i + 1),
                    JvmFlags.start(root, "publisher-api", "-Xmx256m"),
                    Map.of(
                            "FANFARE_REDIS_URL",
                            redis.url(GATEWAYS + i),
                            "FANFARE_DEV_KEY",
                            "selftest-" + (i + 1) + ".secret")));
        }
        awaitReady();
    }

    public RedisUnderProof redis() {
        return redis;
    }

    /** Redis where that is a pair. */
    public RedisPair redisPair() {
        return (RedisPair) redis;
    }

    /** Redis where that is a cluster. */
    public RedisCluster redisCluster() {
        return (RedisCluster) redis;
    }

    public List<Service> gateways() {
        return gateways;
    }

    public List<Service> publishers() {
        return publishers;
    }

    /** What a publisher's callers show. */
    public String key(int publisher) {
        return "selftest-" + (publisher + 1) + ".secret";
    }

    public Service site() {
        return site;
    }

    public Path logs() {
        return logs;
    }

    /**
     * Waits until every process is ready, and Redis is whole.
     *
     * @throws IOException naming the process that does not get ready, with the tail of its log
     */
    public void awaitReady() throws IOException, InterruptedException {
        redis.awaitReplicas();
        List<Service> all = Stream.of(List.of(site), publishers, gateways)
                .flatMap(List::stream)
                .toList();
        for (Service service : all) {
            readiness.await(service.child(), service.managementPort());
        }
    }

    private Map<String, String> gatewaySettings(int gateway) {
        return Map.ofEntries(
                Map.entry("FANFARE_NODE_NAME", "gateway-" + (gateway + 1)),
                Map.entry("FANFARE_REDIS_URL", redis.url(gateway)),
                Map.entry("FANFARE_SITE_AUTH_URL", "http://" + LOOPBACK + ":" + site.port() + "/push/auth"),
                Map.entry("FANFARE_SITE_COOKIES", "site_session"),
                // All clients have one address.
                Map.entry("FANFARE_HANDSHAKES_PER_ADDRESS_MAX", "0"),
                Map.entry("FANFARE_SESSIONS_PER_ADDRESS_MAX", "0"),
                Map.entry("FANFARE_BODY_BYTES_PER_ADDRESS_MAX", "0"));
    }

    private Service service(String name, List<String> command, Map<String, String> settings) throws IOException {
        int port = ports.take();
        int managementPort = ports.take();
        Map<String, String> all = new TreeMap<>(settings);
        all.put("FANFARE_LISTEN_HOST", LOOPBACK);
        all.put("FANFARE_LISTEN_PORT", Integer.toString(port));
        all.put("FANFARE_MANAGEMENT_PORT", Integer.toString(managementPort));
        all.put("FANFARE_PARENT_PID", Long.toString(ProcessHandle.current().pid()));
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        line.addAll(command);
        return new Service(port, managementPort, run -> {
            String log = run == 1 ? name : name + "." + run;
            return children.add(() -> Child.start(log, logs, line, all));
        });
    }
}
