package fanfare.publisher;

import fanfare.broker.Broker;
import fanfare.broker.BrokerLimits;
import fanfare.broker.ChannelReader;
import fanfare.control.ControlWriter;
import fanfare.http.ConnectionGuard;
import fanfare.http.Problem;
import fanfare.http.ProblemHandler;
import fanfare.http.RequestId;
import fanfare.presence.Gateways;
import fanfare.presence.OnlineWalk;
import fanfare.presence.PresenceReader;
import fanfare.process.LoopLag;
import fanfare.process.Ticker;
import fanfare.publisher.auth.KeyHandler;
import fanfare.publisher.auth.Keyring;
import fanfare.publisher.disconnect.DisconnectHandler;
import fanfare.publisher.history.HistoryHandler;
import fanfare.publisher.json.BodyReader;
import fanfare.publisher.json.BodyRoom;
import fanfare.publisher.json.GzipBody;
import fanfare.publisher.json.JsonContent;
import fanfare.publisher.json.UnknownFields;
import fanfare.publisher.messages.MessageHandler;
import fanfare.publisher.openapi.OpenApiHandler;
import fanfare.publisher.presence.OnlineHandler;
import fanfare.publisher.presence.OnlineUsersHandler;
import fanfare.publisher.presence.PresenceHandler;
import fanfare.publisher.publish.BatchHandler;
import fanfare.publisher.publish.PublishHandler;
import fanfare.publisher.publish.Publishing;
import fanfare.publisher.rate.RateLimits;
import fanfare.publisher.stats.StatsHandler;
import fanfare.receipt.ReceiptReader;
import fanfare.receipt.ReceiptWriter;
import fanfare.redis.Keys;
import fanfare.redis.RedisLinks;
import fanfare.redis.Shards;
import fanfare.tls.ServerTls;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One event loop's share of the API: its routes and its own connection to Redis. */
final class PublisherVerticle extends VerticleBase {
    /** A negative port is any free one, the same for all event loops. */
    private static final int ANY_PORT = -1;
    /** How long a body may take to arrive. */
    static final Duration BODY_MAX = Duration.ofSeconds(30);
    /** How long requests under way may take once this stops: more than twice what the broker tries, as a batch may take. */
    private static final int STOP_S_MAX = 12;
    /** In the place of a status when the caller left before the answer. */
    private static final String ABORTED = "aborted";

    private final PublisherConfig config;
    private final Shards shards;
    private final ServerTls tls;
    private final BrokerLimits limits;
    private final Duration bodyMax;
    private final BodyRoom bodies;
    private final Keyring keys;
    private final LastCall lastCall;
    private final Supplier<String> ids;
    private final MeterRegistry metrics;
    private final String linkName;

    /** Null until started; asked by health checks from another thread once it is there. */
    private volatile @Nullable Broker broker;

    private @Nullable HttpServer server;
    private @Nullable Router router;

    /**
     * @param limits this loop's share
     * @param ids makes names that are not given twice, for requests, publications and orders that come without
     */
    PublisherVerticle(
            PublisherConfig config,
            Shards shards,
            ServerTls tls,
            BrokerLimits limits,
            Duration bodyMax,
            BodyRoom bodies,
            Keyring keys,
            LastCall lastCall,
            Supplier<String> ids,
            MeterRegistry metrics,
            int number) {
        this.config = config;
        this.shards = shards;
        this.tls = tls;
        this.limits = limits;
        this.bodyMax = bodyMax;
        this.bodies = bodies;
        this.keys = keys;
        this.lastCall = lastCall;
        this.ids = ids;
        this.metrics = metrics;
        this.linkName = "publisher-" + number;
    }

    @Override
    public Future<?> start() {
        Broker opened = new Broker(
                vertx,
                shards,
                new Keys(config.redis().prefix()),
                limits,
                linkName,
                () -> ThreadLocalRandom.current().nextDouble(),
                metrics);
        opened.open();
        LoopLag.watch(Ticker.start(vertx, LoopLag.PERIOD), "requests", metrics);
        broker = opened;
        ConnectionGuard guard = new ConnectionGuard(vertx, bodyMax, metrics);
        Router routes = routes(guard, opened);
        router = routes;
        // Clear-text HTTP/2 would put many requests on a connection, of which the guard knows one.
        return tls.listen(new HttpServerOptions().setHttp2ClearTextEnabled(false), secured -> {
                    HttpServer made = vertx.createHttpServer(secured)
                            .connectionHandler(guard::connected)
                            .invalidRequestHandler(named(ProblemHandler::unreadable))
                            .requestHandler(named(routes));
                    server = made;
                    int port = config.listenPort();
                    return made.listen(port == 0 ? ANY_PORT : port, config.listenHost());
                })
                .recover(failure -> Future.failedFuture(
                        StartFailure.of(config.listenHost(), config.listenPort(), "FANFARE_LISTEN_PORT", failure)));
    }

    /** Refuses new connections, lets what was accepted finish, then leaves Redis. */
    @Override
    public Future<?> stop() {
        Future<Void> finished =
                server == null ? Future.succeededFuture() : server.shutdown(STOP_S_MAX, TimeUnit.SECONDS);
        Broker opened = broker;
        return finished.eventually(() -> opened == null ? Future.succeededFuture() : opened.close());
    }

    /** The port in use, once this has started. */
    int port() {
        return server == null ? 0 : server.actualPort();
    }

    /** Whether Redis can be reached; may be asked on any thread. */
    boolean isUp() {
        Broker opened = broker;
        return opened != null && opened.isUp();
    }

    /** What is served, once this has started; for whoever compares it with what is promised. */
    List<Route> routes() {
        return router == null ? List.of() : router.getRoutes();
    }

    private Handler<HttpServerRequest> named(Handler<HttpServerRequest> server) {
        return request -> {
            RequestId.assign(request, ids);
            server.handle(request);
        };
    }

    private Router routes(ConnectionGuard guard, Broker opened) {
        Keys redisKeys = new Keys(config.redis().prefix());
        RedisLinks redis = opened.links();
        PresenceReader presence = new PresenceReader(redis, redisKeys);
        UnknownFields unknownFields = new UnknownFields(System::nanoTime);
        Router router = Router.router(vertx);
        new ProblemHandler(metrics).install(router);
        router.route().handler(guard);
        router.route().handler(lastCall);
        Publishing publishing = new Publishing(
                vertx,
                opened,
                new ReceiptWriter(redis, redisKeys),
                (int) config.limits().inboxTtl().toSeconds(),
                config.durability(),
                (int) config.receiptTtl().toSeconds(),
                ids,
                metrics);
        RateLimits rates = new RateLimits(vertx, redis, redisKeys, config.rate(), System::nanoTime, metrics);
        post(router, "/v1/publish", new PublishHandler(publishing, rates, unknownFields));
        post(router, "/v1/batch", new BatchHandler(publishing, rates, unknownFields));
        get(router, "/v1/users/:user/presence", new PresenceHandler(presence, rates));
        get(
                router,
                "/v1/users/:user/history",
                new HistoryHandler(
                        new ChannelReader(
                                redis,
                                redisKeys,
                                HistoryHandler.EVERYTHING,
                                config.limits().inboxTtl()),
                        rates,
                        metrics));
        get(router, "/v1/messages/:id", new MessageHandler(new ReceiptReader(redis, redisKeys), rates));
        get(router, "/v1/stats", new StatsHandler(new Gateways(redis, redisKeys), rates));
        path(router, "/v1/presence", HttpMethod.GET, HttpMethod.POST);
        router.get("/v1/presence").handler(new OnlineUsersHandler(new OnlineWalk(redis, redisKeys), rates));
        read(router, "/v1/presence", new OnlineHandler(presence, rates, unknownFields, metrics));
        post(
                router,
                "/v1/disconnect",
                new DisconnectHandler(new ControlWriter(redis, redisKeys, ids), rates, unknownFields));
        open(router, "/v1/openapi.yaml", HttpMethod.GET);
        router.get("/v1/openapi.yaml").handler(new OpenApiHandler());
        return router;
    }

    private void post(Router router, String path, Handler<RoutingContext> handler) {
        path(router, path, HttpMethod.POST);
        read(router, path, handler);
    }

    private void get(Router router, String path, Handler<RoutingContext> handler) {
        path(router, path, HttpMethod.GET);
        router.get(path).handler(handler);
    }

    /** Does what {@link #open} does, and turns away whoever has no key. */
    private void path(Router router, String path, HttpMethod... methods) {
        // Before the body is read: who has no key shall not make us read.
        open(router, path, methods).handler(new KeyHandler(keys));
    }

    /** Counts what is asked for at a path, and turns away other methods. */
    private Route open(Router router, String path, HttpMethod... methods) {
        String allowed = Stream.of(methods).map(HttpMethod::name).collect(Collectors.joining(", "));
        Map<String, Counter> answers = new HashMap<>();
        return router.route(path).handler(context -> {
            context.addEndHandler(result -> answers.computeIfAbsent(
                            result.succeeded()
                                    ? Integer.toString(context.response().getStatusCode())
                                    : ABORTED,
                            status -> counter(path, status))
                    .increment());
            if (List.of(methods).contains(context.request().method())) {
                context.next();
            } else {
                context.response().putHeader("Allow", allowed);
                context.fail(Problem.METHOD_NOT_ALLOWED.because("this path takes only " + allowed));
            }
        });
    }

    /** Answers a POST with a body. */
    private void read(Router router, String path, Handler<RoutingContext> handler) {
        router.post(path)
                .handler(new JsonContent())
                .handler(new BodyReader(bodies))
                .handler(new GzipBody(bodies, metrics))
                .handler(handler);
    }

    private Counter counter(String path, String status) {
        return Counter.builder("fanfare_http_requests_total")
                .description("Answered requests by path and status")
                .tag("path", path.replaceAll(":(\\w+)", "{$1}"))
                .tag("status", status)
                .register(metrics);
    }
}
