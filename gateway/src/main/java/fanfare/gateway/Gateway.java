package fanfare.gateway;

import fanfare.check.CheckConfig;
import fanfare.config.ConfigException;
import fanfare.config.Env;
import fanfare.gateway.client.ClientFiles;
import fanfare.gateway.drain.Drain;
import fanfare.gateway.node.Node;
import fanfare.gateway.relay.Relay;
import fanfare.gateway.session.ConnectionLog;
import fanfare.gateway.session.SessionMetrics;
import fanfare.gateway.sockjs.Doorway;
import fanfare.gateway.sockjs.FallbackSessions;
import fanfare.gateway.sockjs.Turnstile;
import fanfare.http.Health;
import fanfare.http.Management;
import fanfare.http.TakenPort;
import fanfare.process.Bugs;
import fanfare.process.LogFormat;
import fanfare.process.Logging;
import fanfare.process.Parent;
import fanfare.process.Termination;
import fanfare.tls.ServerTls;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.internal.VertxInternal;
import java.time.InstantSource;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A gateway: holds browsers' connections and hands them what arrives on their channels. */
public final class Gateway {
    private static final System.Logger LOG = System.getLogger(Gateway.class.getName());

    private static final String HELP =
            """
            Fanfare gateway: holds the browsers' connections and hands them what arrives on their channels.

            java -jar gateway.jar
                serves
            java -jar gateway.jar check-config
            """
                    + CheckConfig.HELP
                    + """
            java -jar gateway.jar --help
                prints this

            Everything is set by environment variables FANFARE_*; gateway/README.md has the table.
            FANFARE_SITE_AUTH_URL is the one that has no default: where the site says who a cookie is.
            """;

    /** Said to an operator who set no relay secret. */
    static final String WITHOUT_RELAY = "is not set: with several gateways, the balancer must send every request of a"
            + " fallback session to the same one";

    private final Vertx vertx;
    private final Node node;
    private final Drain drain;
    private final GatewayConfig config;
    private final int port;
    private final HttpServer management;

    private Gateway(Vertx vertx, Node node, Drain drain, GatewayConfig config, int port, HttpServer management) {
        this.vertx = vertx;
        this.node = node;
        this.drain = drain;
        this.config = config;
        this.port = port;
        this.management = management;
    }

    public static void main(String[] args) throws InterruptedException {
        if (args.length > 0 && args[0].equals(CheckConfig.NAME)) {
            System.exit(CheckConfig.run(new Env(System.getenv()), GatewayConfig::from, new GatewayCheck(), System.out));
        }
        if (args.length > 0) {
            System.out.print(HELP);
            System.exit(args[0].equals("--help") ? 0 : 2);
        }
        Logging.install(LogFormat.of(new Env(System.getenv())));
        // Without file caching and class path resolving, nothing needs a folder to write to.
        Vertx vertx = Vertx.vertx(new VertxOptions()
                .setPreferNativeTransport(true)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        CountDownLatch started = new CountDownLatch(1);
        start(vertx, System.getenv())
                .onSuccess(gateway -> {
                    Termination.with(gateway::stop);
                    Parent.watch(gateway.config.parentPid(), () -> Runtime.getRuntime()
                            .halt(1));
                    started.countDown();
                })
                .onFailure(failure -> {
                    Logging.flush();
                    System.err.println(explained(failure));
                    Runtime.getRuntime().halt(failure instanceof ConfigException ? 2 : 1);
                });
        started.await();
    }

    /**
     * Starts a gateway.
     *
     * @param environment {@code FANFARE_*} settings; port 0 is any free one
     * @return fails with {@link ConfigException} when settings are wrong
     */
    public static Future<Gateway> start(Vertx vertx, Map<String, String> environment) {
        GatewayConfig config;
        Env env = new Env(environment);
        try {
            config = GatewayConfig.from(env);
        } catch (ConfigException e) {
            return Future.failedFuture(e);
        }
        LOG.log(System.Logger.Level.INFO, "settings:{0}", env.table());
        if (!config.relay().isOn()) {
            LOG.log(System.Logger.Level.INFO, "FANFARE_RELAY_SECRET_FILE " + WITHOUT_RELAY);
        }
        PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        new Bugs(metrics).watch(vertx);
        Health health = new Health();
        Ids ids = new Ids();
        SessionMetrics sessions = new SessionMetrics(
                metrics, new ConnectionLog(config.connectionLogPerSecondMax(), System::nanoTime, metrics));
        config.transports().forEach(transport -> sessions.expect(transport.label()));
        Capacity capacity = Capacity.of(config.connectionsMax(), config.tls().isOn());
        capacity.register(metrics);
        capacity.tell();
        Turnstile turnstile = new Turnstile(capacity.sessionsMax(), config.handshakesMax(), System.nanoTime(), metrics);
        SteadyClock clock = new SteadyClock(System.currentTimeMillis(), System::nanoTime);
        Drain drain = new Drain(config.drainWindow(), clock, sessions::toldOfDrain, metrics);
        ServerTls tls = new ServerTls(vertx, config.tls(), InstantSource.system());
        return tls.start(metrics)
                .compose(read -> onLoop(vertx, () -> {
                    Node node = new Node(vertx, config.node(), sessions, ids::next, clock, drain, health, metrics);
                    node.open();
                    return node;
                }))
                .compose(node -> serve(
                        vertx, config, capacity, tls, node, drain, turnstile, sessions, ids, clock, health, metrics));
    }

    private static Future<Gateway> serve(
            Vertx vertx,
            GatewayConfig config,
            Capacity capacity,
            ServerTls tls,
            Node node,
            Drain drain,
            Turnstile turnstile,
            SessionMetrics sessions,
            Ids ids,
            SteadyClock clock,
            Health health,
            PrometheusMeterRegistry metrics) {
        FallbackSessions fallbacks = new FallbackSessions();
        if (config.relay().isOn()) {
            node.onIncarnation(fallbacks::claimAgain);
        }
        Relay.UnderWay relayed = new Relay.UnderWay(metrics);
        drain.awaits("sessions", sessions::connections);
        drain.awaits("farewells", sessions.farewells()::get);
        drain.awaits("relayed", relayed::get);
        GatewayVerticle.Shared shared = new GatewayVerticle.Shared(
                config,
                capacity.sessionsMax(),
                tls,
                node,
                drain,
                sessions,
                fallbacks,
                config.auth().addressLimits(metrics),
                turnstile,
                new Doorway.Queued(metrics),
                relayed,
                config.auth().proxyHeads(metrics),
                new ClientFiles(),
                ids,
                clock,
                metrics);
        Queue<GatewayVerticle> loops = new ConcurrentLinkedQueue<>();
        return vertx.deployVerticle(
                        () -> {
                            GatewayVerticle loop = new GatewayVerticle(shared);
                            loops.add(loop);
                            return loop;
                        },
                        new DeploymentOptions().setInstances(config.eventLoops()))
                .compose(deployed -> Management.listen(
                        vertx,
                        config.listenHost(),
                        config.managementPort(),
                        health,
                        metrics,
                        Map.of("/drain", drain::progress)))
                .map(management -> {
                    node.listens();
                    int port = loops.element().port();
                    LOG.log(
                            System.Logger.Level.INFO,
                            "{0} listens on {1}:{2,number,#}, management on {3,number,#}",
                            config.nodeName(),
                            config.listenHost(),
                            port,
                            management.actualPort());
                    return new Gateway(vertx, node, drain, config, port, management);
                });
    }

    /** The port that browsers connect to. */
    public int port() {
        return port;
    }

    public int managementPort() {
        return management.actualPort();
    }

    /** Drains: takes nobody new, sends everybody away within the drain window, leaves presence, then ends. */
    public Future<Void> close() {
        drain.begin();
        return node.leave().eventually(vertx::close);
    }

    /** Makes something on an event loop of its own. */
    private static <T> Future<T> onLoop(Vertx vertx, Supplier<T> maker) {
        Promise<T> made = Promise.promise();
        ((VertxInternal) vertx).createEventLoopContext().runOnContext(turn -> made.complete(maker.get()));
        return made.future();
    }

    private void stop() {
        LOG.log(
                System.Logger.Level.INFO,
                "stopping, within {0} s; GET /drain on the management port tells how far it is, a second signal ends it at once",
                config.drainWindow().toSeconds());
        try {
            close().await(config.drainWindow().toSeconds() + 20, TimeUnit.SECONDS);
        } catch (Exception e) {
            LOG.log(System.Logger.Level.WARNING, "stopped in a hurry: {0}", e.getMessage());
        }
        Logging.flush();
    }

    private static String explained(Throwable failure) {
        if (failure instanceof ConfigException) {
            return String.valueOf(failure.getMessage());
        }
        if (TakenPort.isCauseOf(failure)) {
            return "A port is taken: " + failure.getMessage()
                    + "; set FANFARE_LISTEN_PORT or FANFARE_MANAGEMENT_PORT to a free one.";
        }
        return "The gateway could not start: " + failure;
    }
}
