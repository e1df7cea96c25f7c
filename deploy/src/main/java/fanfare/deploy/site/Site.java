package fanfare.deploy.site;

import fanfare.deploy.command.Serving;
import fanfare.http.ConnectionGuard;
import fanfare.http.Health;
import fanfare.http.Management;
import fanfare.http.ProblemHandler;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.handler.StaticHandler;
import java.time.Duration;
import java.util.List;

/** {@code deploy.jar site}: the demo site, which plays a site backend with users, logins and a page. */
public final class Site extends AbstractVerticle {
    private static final String USAGE =
            """
            Usage: java -jar deploy.jar site

            Configured by the environment:
              FANFARE_LISTEN_HOST      127.0.0.1
              FANFARE_LISTEN_PORT      8000
              FANFARE_MANAGEMENT_PORT  9000
              FANFARE_GATEWAY_PORT     8080: where the page connects to
              FANFARE_PUBLISHER_PORT   8090: where the site publishes
              FANFARE_LOG_FORMAT       auto: text where standard error is a terminal, else json; or one of these
              FANFARE_PARENT_PID       0: ends when this process does; 0 for none""";

    private static final int LOGINS_MAX = 100_000;
    private static final Duration BODY_MAX = Duration.ofSeconds(10);

    private final SiteConfig config;

    Site(SiteConfig config) {
        this.config = config;
    }

    /** Starts it, unless only help is asked for. */
    public static void run(List<String> arguments) {
        Serving.run(arguments, USAGE, env -> {
            SiteConfig config = SiteConfig.from(env);
            return new Serving.Server(new Site(config), config.listenPort(), config.parentPid());
        });
    }

    @Override
    public void start(Promise<Void> started) {
        PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        ConnectionGuard guard = new ConnectionGuard(vertx, BODY_MAX, metrics);
        Router router = Router.router(vertx);
        new ProblemHandler(metrics).install(router);
        router.route().handler(guard);
        if (LoopbackHost.isLoopback(config.listenHost())) {
            router.route().handler(new LoopbackHost());
        }
        new SiteRoutes(
                        config,
                        new Logins(LOGINS_MAX, Logins.randomIds()),
                        new PublisherClient(vertx, config.publisherPort()))
                .install(router);
        // A folder of its own: its neighbours on the class path are classes. A page under development is never served
        // from a cache.
        router.get()
                .handler(StaticHandler.create("fanfare/deploy/site/page")
                        .setCachingEnabled(false)
                        .setIncludeHidden(false));
        Future.all(
                        vertx.createHttpServer(new HttpServerOptions().setHttp2ClearTextEnabled(false))
                                .connectionHandler(guard::connected)
                                .requestHandler(router)
                                .listen(config.listenPort(), config.listenHost()),
                        Management.listen(vertx, config.listenHost(), config.managementPort(), new Health(), metrics))
                .<Void>mapEmpty()
                .onComplete(started);
    }
}
