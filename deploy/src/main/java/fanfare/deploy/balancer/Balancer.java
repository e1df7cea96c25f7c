package fanfare.deploy.balancer;

import fanfare.deploy.command.Serving;
import fanfare.http.Health;
import fanfare.http.Management;
import fanfare.http.ProblemHandler;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.PoolOptions;
import io.vertx.ext.web.Router;
import java.util.List;

/** {@code deploy.jar balancer}: spreads requests over gateways, round robin, without stickiness. */
public final class Balancer extends AbstractVerticle {
    private static final String USAGE =
            """
            Usage: java -jar deploy.jar balancer

            Configured by the environment:
              FANFARE_LISTEN_HOST      127.0.0.1
              FANFARE_LISTEN_PORT      8080
              FANFARE_MANAGEMENT_PORT  9080
              FANFARE_BACKENDS         127.0.0.1:8081/9081,127.0.0.1:8082/9082: host:port/managementPort
              FANFARE_LOG_FORMAT       auto: text where standard error is a terminal, else json; or one of these
              FANFARE_PARENT_PID       0: ends when this process does; 0 for none""";

    /** Each open stream, poll and WebSocket holds a connection to a gateway. */
    private static final int UPSTREAM_CONNECTIONS_MAX = 20_000;

    private static final int CONNECT_MAX_MS = 1_000;
    /** With half a second between two questions, a backend that falls silent is out within a second. */
    private static final int ASK_MAX_MS = 450;
    /** Above what gateways take, for the first line as for the headers: refusing is theirs, with their words. */
    private static final int HEAD_BYTES_MAX = 64 << 10;

    private final BalancerConfig config;
    private final int askMaxMs;

    Balancer(BalancerConfig config) {
        this(config, ASK_MAX_MS);
    }

    /** One that gives a backend {@code askMaxMs} to say that it is ready. */
    Balancer(BalancerConfig config, int askMaxMs) {
        this.config = config;
        this.askMaxMs = askMaxMs;
    }

    /** Starts it, unless only help is asked for. */
    public static void run(List<String> arguments) {
        Serving.run(arguments, USAGE, env -> {
            BalancerConfig config = BalancerConfig.from(env);
            return new Serving.Server(new Balancer(config), config.listenPort(), config.parentPid());
        });
    }

    @Override
    public void start(Promise<Void> started) {
        Rotation rotation = new Rotation(vertx, config.backends(), askMaxMs);
        HttpClient client = vertx.createHttpClient(
                new HttpClientOptions().setConnectTimeout(CONNECT_MAX_MS),
                new PoolOptions().setHttp1MaxSize(UPSTREAM_CONNECTIONS_MAX));
        PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        Router router = Router.router(vertx);
        new ProblemHandler(metrics).install(router);
        router.route().handler(new Forward(client, rotation));
        Health health = new Health();
        health.readiness(
                "gateways",
                () -> new Health.Check(
                        rotation.readyCount() > 0,
                        rotation.readyCount() + " of " + config.backends().size() + " ready"));
        Future.all(
                        vertx.createHttpServer(new HttpServerOptions()
                                        .setHttp2ClearTextEnabled(false)
                                        .setHandle100ContinueAutomatically(true)
                                        .setMaxHeaderSize(HEAD_BYTES_MAX)
                                        .setMaxInitialLineLength(HEAD_BYTES_MAX))
                                .requestHandler(router)
                                .listen(config.listenPort(), config.listenHost()),
                        Management.listen(vertx, config.listenHost(), config.managementPort(), health, metrics))
                .<Void>mapEmpty()
                .onComplete(started);
    }
}
