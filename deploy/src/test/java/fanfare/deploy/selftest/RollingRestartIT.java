package fanfare.deploy.selftest;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.deploy.Server;
import fanfare.deploy.dev.JvmFlags;
import fanfare.deploy.selftest.client.Crowd;
import fanfare.deploy.selftest.client.Dialer;
import fanfare.deploy.selftest.client.Load;
import fanfare.deploy.selftest.client.Loop;
import fanfare.deploy.selftest.client.SiteLogins;
import fanfare.deploy.selftest.ledger.Ledger;
import fanfare.deploy.selftest.ledger.Verdict;
import fanfare.testing.Await;
import fanfare.testing.BalancerProcess;
import fanfare.testing.RawHttp;
import fanfare.testing.RedisServer;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three gateways behind HAProxy are replaced one after the other, as an orchestrator does it, while they have work. */
class RollingRestartIT {
    private static final System.Logger LOG = System.getLogger(RollingRestartIT.class.getName());
    private static final Path ROOT = Path.of("..");
    private static final int GATEWAYS = 3;
    private static final int CLIENTS = 240;
    private static final int USERS = 200;
    private static final int WINDOW_S = 4;
    /** In a window as short as this its second half is for those who do not leave by themselves. */
    private static final double TOLD_WITHIN_S = WINDOW_S / 2.0;

    private static final Duration IN_WITHIN = Duration.ofSeconds(30);
    private static final String KEY = "rolling.secret";

    /** A gateway and where it is. */
    private record Gateway(Server server) {
        double metric(String name) {
            return RawHttp.get(server.managementPort(), "/metrics")
                    .body()
                    .lines()
                    .filter(line -> line.startsWith(name))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                    .sum();
        }

        /** Sessions that were ever opened here. */
        double opened() {
            return metric("fanfare_connections{") + metric("fanfare_closes_total{");
        }
    }

    @TempDir
    Path folder;

    private final Vertx vertx = Vertx.vertx();
    private final Loop loop = new Loop(vertx);
    private final List<Server> servers = new ArrayList<>();
    /** Where gateways will be, known to the balancer beforehand. */
    private final List<Server.Ports> places = new ArrayList<>();

    private final List<Gateway> gateways = new ArrayList<>();
    private final String prefix = "test-" + UUID.randomUUID() + ":";
    private final int balancerPort = RedisServer.freePort();
    private final int statisticsPort = RedisServer.freePort();
    private Server site;
    private Server publisher;
    private BalancerProcess balancer;

    @BeforeEach
    void start() throws Exception {
        Files.writeString(folder.resolve("relay.secret"), UUID.randomUUID().toString());
        for (int i = 0; i < 2 * GATEWAYS; i++) {
            places.add(Server.Ports.free());
        }
        site = start("site", Server.Ports.free(), deploy("site"), Map.of());
        publisher = start(
                "publisher",
                Server.Ports.free(),
                JvmFlags.start(ROOT, "publisher-api", "-Xmx128m"),
                redis(Map.of("FANFARE_DEV_KEY", KEY)));
        for (int i = 0; i < GATEWAYS; i++) {
            startGateway();
        }
        for (Server server : servers) {
            server.awaitReady();
        }
        balancer = BalancerProcess.haproxy(folder, balancerPort, statisticsPort, backend());
    }

    @AfterEach
    void stop() throws Exception {
        if (balancer != null) {
            balancer.close();
        }
        for (Server server : servers) {
            server.close();
        }
        vertx.close().await(30, SECONDS);
    }

    @Test
    void nothingIsLostAndNobodyIsMovedMuchMoreThanOnce() throws Exception {
        long seed = new Random().nextLong();
        LOG.log(System.Logger.Level.INFO, "seed {0}", Long.toString(seed));
        Random random = new Random(seed);
        Dialer dialer = new Dialer(vertx, List.of(balancerPort), random);
        Ledger ledger = new Ledger("rolling-" + seed + "-");
        List<String> cookies = new SiteLogins(vertx, site.port()).login(CLIENTS, client -> Load.user(client % USERS));
        Crowd crowd = loop.ask(() -> new Crowd(vertx, loop, dialer, random, ledger, USERS));
        Load load = loop.ask(
                () -> new Load(vertx, loop, List.of(new Load.Target(publisher.port(), KEY)), USERS, ledger, random));
        awaitInRotation(GATEWAYS);
        loop.run(() -> crowd.join(cookies));
        assertThat(loop.await(IN_WITHIN, () -> crowd.in() == CLIENTS)).isTrue();
        loop.run(load::start);

        double steepest = 0;
        for (int leaving = 0; leaving < GATEWAYS; leaving++) {
            Gateway newcomer = startGateway();
            newcomer.server().awaitReady();
            awaitInRotation(GATEWAYS + 1);
            steepest = Math.max(steepest, drain(leaving));
        }

        loop.ask(load::stop).await(30, SECONDS);
        assertThat(loop.await(IN_WITHIN, () -> ledger.missing() == 0 && crowd.in() == CLIENTS))
                .isTrue();
        Verdict verdict = loop.ask(ledger::verdict);
        int moves = loop.ask(crowd::moves);
        Map<Integer, Integer> losses = loop.ask(crowd::disconnectsByCode);
        double cuts = (moves + loop.ask(crowd::disconnects)) / (double) CLIENTS;
        LOG.log(
                System.Logger.Level.INFO,
                "{0} changes of connection a client, of which lost by close code {1}; a gateway got {2} a second at most; {3}",
                cuts,
                losses,
                steepest,
                verdict);
        loop.run(crowd::leave);
        loop.run(load::close);
        // While a client has both connections, it may hear something on each; its page hears it once.
        assertThat(verdict.lost() + verdict.told() + verdict.duplicated() + verdict.outOfOrder())
                .as(verdict.toString())
                .isZero();
        assertThat(verdict.acknowledged()).isPositive();
        assertThat(cuts).isBetween(0.9, 1.5);
        assertThat(losses.values().stream().mapToInt(Integer::intValue).sum())
                .as(losses.toString())
                .isLessThan(CLIENTS / 20);
        // What one leaves comes evenly, were it all to come to one other.
        assertThat(steepest).isLessThan(2 * CLIENTS / GATEWAYS / TOLD_WITHIN_S);
    }

    /** Tells a gateway to stop and waits for its end; how many newcomers another one got in a second at most. */
    private double drain(int leaving) throws Exception {
        Gateway gateway = gateways.get(leaving);
        List<Gateway> others = gateways.subList(leaving + 1, gateways.size());
        double[] opened = others.stream().mapToDouble(Gateway::opened).toArray();
        long lookedNs = System.nanoTime();
        gateway.server().stop();
        double steepest = 0;
        while (gateway.server().isAlive()) {
            // The pause is the measurement: newcomers of a second, not a wait for something.
            SECONDS.sleep(1);
            long nowNs = System.nanoTime();
            for (int i = 0; i < opened.length; i++) {
                double now = others.get(i).opened();
                steepest = Math.max(steepest, (now - opened[i]) * 1e9 / (nowNs - lookedNs));
                opened[i] = now;
            }
            lookedNs = nowNs;
        }
        assertThat(gateway.server().exitCode()).isZero();
        return steepest;
    }

    private void awaitInRotation(int count) {
        Await.until(
                count + " gateways are in rotation",
                () -> RawHttp.get(statisticsPort, "/;csv")
                                .body()
                                .lines()
                                .filter(line -> line.startsWith("gateways,gateway-") && line.contains(",UP,"))
                                .count()
                        == count);
    }

    private Gateway startGateway() throws IOException {
        String name = "gateway-" + (gateways.size() + 1);
        Server server = start(
                name,
                places.get(gateways.size()),
                JvmFlags.start(ROOT, "gateway", "-Xmx256m"),
                redis(Map.ofEntries(
                        Map.entry("FANFARE_NODE_NAME", name),
                        Map.entry("FANFARE_SITE_AUTH_URL", "http://127.0.0.1:" + site.port() + "/push/auth"),
                        Map.entry("FANFARE_SITE_COOKIES", "site_session"),
                        Map.entry("FANFARE_RELAY_PORT", "0"),
                        Map.entry(
                                "FANFARE_RELAY_SECRET_FILE",
                                folder.resolve("relay.secret").toString()),
                        Map.entry("FANFARE_DRAIN_WINDOW", WINDOW_S + "s"),
                        // All clients have one address.
                        Map.entry("FANFARE_HANDSHAKES_PER_ADDRESS_MAX", "0"),
                        Map.entry("FANFARE_SESSIONS_PER_ADDRESS_MAX", "0"),
                        Map.entry("FANFARE_BODY_BYTES_PER_ADDRESS_MAX", "0"))));
        Gateway gateway = new Gateway(server);
        gateways.add(gateway);
        return gateway;
    }

    private static List<String> deploy(String command) {
        return List.of(
                "-Xmx128m",
                "-jar",
                ROOT.resolve("deploy/target/deploy.jar").toAbsolutePath().toString(),
                command);
    }

    private Server start(String name, Server.Ports ports, List<String> java, Map<String, String> settings)
            throws IOException {
        Server server = Server.start(name, folder, ports, java, settings);
        servers.add(server);
        return server;
    }

    /** These settings, and which Redis. */
    private Map<String, String> redis(Map<String, String> settings) {
        Map<String, String> all = new TreeMap<>(settings);
        all.put("FANFARE_REDIS_URL", RedisServer.shared().url());
        all.put("FANFARE_REDIS_PREFIX", prefix);
        return all;
    }

    /** Newcomers go where the fewest are, which is where a gateway was replaced; a refusal is another one's chance. */
    private String backend() {
        String lines = places.stream()
                .map(place -> "  server gateway-%1$d 127.0.0.1:%1$d check port %2$d inter 200ms fall 1 rise 1"
                        .formatted(place.listen(), place.management()))
                .collect(Collectors.joining("\n"));
        return """
                  balance leastconn
                  option httpchk GET /readyz
                  retries 3
                  option redispatch 1
                  retry-on conn-failure empty-response 503
                %s
                """
                .formatted(lines);
    }
}
