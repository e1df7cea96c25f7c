package fanfare.gateway;

import fanfare.gateway.auth.AddressLimits;
import fanfare.gateway.auth.ProxyHeads;
import fanfare.gateway.client.ClientFiles;
import fanfare.gateway.node.Node;
import fanfare.gateway.session.Hub;
import fanfare.gateway.session.SessionMetrics;
import fanfare.gateway.sockjs.Entrance;
import fanfare.gateway.sockjs.FallbackHandlers;
import fanfare.gateway.sockjs.FallbackSessions;
import fanfare.gateway.sockjs.SockJsRouter;
import fanfare.http.ConnectionGuard;
import fanfare.http.ProblemHandler;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One event loop that serves browsers: its hub, and a share of the connections on the listening port. */
final class GatewayVerticle extends VerticleBase {
    /** Cookies make heads large; more than this is an attack or a mistake [bytes]. */
    private static final int HEAD_BYTES_MAX = 16 << 10;
    /** A raw WebSocket's address carries its hello, positions of many topics included [bytes]. */
    private static final int LINE_BYTES_MAX = 8 << 10;
    /** A SockJS frame may wrap several messages and escape every character of them [bytes]. */
    private static final int WEBSOCKET_BYTES_MAX = 128 << 10;
    /** How long a proxy may take over its head, however it trickles; it has it at hand [s]. */
    private static final int PROXY_HEAD_S = 10;
    /** How long a browser may take to answer a close [s]. */
    private static final int CLOSING_S = 5;
    /** A peer that acknowledges nothing for this long is gone, and its user no longer online [ms]. */
    private static final int TCP_USER_TIMEOUT_MS = 30_000;

    private static final Duration BODY_MAX = Duration.ofSeconds(10);

    /** What the event loops of a gateway share; all of it may be used on any of them. */
    record Shared(
            GatewayConfig config,
            Node node,
            SessionMetrics sessions,
            FallbackSessions fallbacks,
            AddressLimits limits,
            ProxyHeads proxyHeads,
            ClientFiles client,
            Ids ids,
            MeterRegistry metrics) {}

    private final Shared shared;
    private @Nullable HttpServer server;

    GatewayVerticle(Shared shared) {
        this.shared = shared;
    }

    @Override
    public Future<?> start() {
        GatewayConfig config = shared.config();
        Hub hub = new Hub(
                vertx,
                config.nodeName(),
                shared.node().feed(),
                config.session(),
                shared.sessions(),
                System::currentTimeMillis,
                GatewayVerticle::random);
        shared.node().register(hub);
        Entrance entrance = new Entrance(
                hub,
                shared.node(),
                config.auth().origins(),
                config.auth().clientAddress(),
                shared.limits(),
                config.auth().siteCookies(),
                config.connectionsMax(),
                shared.ids()::next);
        ConnectionGuard guard = new ConnectionGuard(vertx, BODY_MAX, shared.metrics());

        Router router = Router.router(vertx);
        new ProblemHandler(shared.metrics()).install(router);
        router.route().handler(guard);
        new SockJsRouter(
                        entrance,
                        config.auth().origins(),
                        config.transports(),
                        new FallbackHandlers(vertx, entrance, shared.node(), shared.fallbacks()),
                        GatewayVerticle::random)
                .install(router);
        shared.client().install(router);

        // A negative port is any free one, the same for all event loops.
        int port = config.listenPort() == 0 ? -1 : config.listenPort();
        ProxyHeads heads = shared.proxyHeads();
        return vertx.createHttpServer(options(heads.isExpected()))
                .exceptionHandler(heads::failed)
                .connectionHandler(heads.connections(guard::connected))
                .invalidRequestHandler(ProblemHandler::unreadable)
                .requestHandler(heads.requests(router))
                .listen(port, config.listenHost())
                .onSuccess(listening -> server = listening);
    }

    /** The port in use. */
    int port() {
        HttpServer listening = server;
        return listening == null ? 0 : listening.actualPort();
    }

    private static HttpServerOptions options(boolean proxyProtocol) {
        return new HttpServerOptions()
                .setUseProxyProtocol(proxyProtocol)
                .setProxyProtocolTimeout(PROXY_HEAD_S)
                .setProxyProtocolTimeoutUnit(TimeUnit.SECONDS)
                // Clear-text HTTP/2 would put many requests on a connection, of which the guard knows one.
                .setHttp2ClearTextEnabled(false)
                .setTcpNoDelay(true)
                .setTcpKeepAlive(true)
                .setTcpUserTimeout(TCP_USER_TIMEOUT_MS)
                .setReuseAddress(true)
                .setAcceptBacklog(4_096)
                .setMaxHeaderSize(HEAD_BYTES_MAX)
                .setMaxInitialLineLength(LINE_BYTES_MAX)
                .setMaxWebSocketFrameSize(WEBSOCKET_BYTES_MAX)
                .setMaxWebSocketMessageSize(WEBSOCKET_BYTES_MAX)
                .setPerMessageWebSocketCompressionSupported(false)
                .setPerFrameWebSocketCompressionSupported(false)
                .setWebSocketClosingTimeout(CLOSING_S);
    }

    private static double random() {
        return ThreadLocalRandom.current().nextDouble();
    }
}
