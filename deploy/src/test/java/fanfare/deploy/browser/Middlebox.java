package fanfare.deploy.browser;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.NetSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** What stands between a browser and the gateway: an HTTP proxy on loopback that may not care for WebSockets and streams. */
final class Middlebox implements AutoCloseable {
    /** How it treats what comes from now on. */
    enum Habit {
        HONEST,
        /** Answers a handshake itself, with 403. */
        REFUSES_UPGRADES,
        /** Lets a handshake through, and after it nothing in either direction. */
        SWALLOWS_FRAMES,
        /** Lets a handshake through, and what the gateway says after it only on {@link #release}. */
        HOLDS_FRAMES,
        /** Answers a handshake itself, and has the test's own gateway speak over it. */
        ACTED,
        /** Answers a handshake itself, and hands a streamed answer on only when it has ended. */
        BUFFERS_STREAMS,
        /** Says that the gateway has no WebSockets, as one says that is set up so. */
        OFFERS_NO_WEBSOCKETS,
        /** Answers itself all but what asks for scripts, as a gateway that takes nobody for some seconds. */
        REFUSES_FOR_NOW,
        /** Lets each request wait as long as connecting and asking take where a round trip takes 500 ms. */
        SLOW
    }

    private static final int SLOW_MS = 1_000;
    /** What is said to those who are refused for now. */
    static final Duration RETRY_AFTER = Duration.ofSeconds(2);

    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client = vertx.createHttpClient();
    private final int target;
    private final int port;
    /** Transports that were asked for, in order, as their paths end. */
    private final List<String> asked = new CopyOnWriteArrayList<>();
    /** Gateway's ends of WebSockets that are held. */
    private final List<NetSocket> held = new CopyOnWriteArrayList<>();

    private final ActedGateway actor = new ActedGateway();
    private volatile Habit habit;
    private volatile Duration retryAfter = RETRY_AFTER;

    private Middlebox(int target, Habit habit) {
        this.target = target;
        this.habit = habit;
        this.port = vertx.createHttpServer()
                .requestHandler(this::serve)
                .listen(0, "127.0.0.1")
                .await()
                .actualPort();
    }

    /** One on a free port before the server on port {@code target}. */
    static Middlebox before(int target, Habit habit) {
        return new Middlebox(target, habit);
    }

    int port() {
        return port;
    }

    void becomes(Habit next) {
        habit = next;
    }

    /** What it says to those whom it refuses for now, in place of {@link #RETRY_AFTER}. */
    void putsOff(Duration time) {
        retryAfter = time;
    }

    /** How often this transport was asked for, by the end of its path: polls and sends count each. */
    long asked(String transport) {
        return asked.stream().filter(transport::equals).count();
    }

    /** Who speaks where it is {@link Habit#ACTED}. */
    ActedGateway actor() {
        return actor;
    }

    /** Lets go of what it holds, and holds nothing more. */
    void release() {
        habit = Habit.HONEST;
        held.forEach(NetSocket::resume);
    }

    @Override
    public void close() {
        vertx.close().await();
    }

    private void serve(HttpServerRequest request) {
        boolean upgrade = request.headers().contains("Upgrade");
        asked.add(request.path().substring(request.path().lastIndexOf('/') + 1));
        if (upgrade && (habit == Habit.REFUSES_UPGRADES || habit == Habit.BUFFERS_STREAMS)) {
            request.response().setStatusCode(403).end();
            return;
        }
        if (upgrade && habit == Habit.ACTED) {
            request.toWebSocket().onSuccess(actor::accept);
            return;
        }
        if (habit == Habit.REFUSES_FOR_NOW && request.path().startsWith("/push")) {
            request.response()
                    .setStatusCode(503)
                    .putHeader("Access-Control-Allow-Origin", String.valueOf(request.getHeader("Origin")))
                    .putHeader("Access-Control-Allow-Credentials", "true")
                    .putHeader("Access-Control-Expose-Headers", "Retry-After")
                    .putHeader("Retry-After", Long.toString(retryAfter.toSeconds()))
                    .end();
            return;
        }
        request.pause();
        waiting()
                .compose(now -> client.request(new RequestOptions()
                        .setMethod(request.method())
                        .setHost("127.0.0.1")
                        .setPort(target)
                        .setURI(request.uri())))
                .compose(upstream -> {
                    upstream.headers().setAll(request.headers());
                    request.response().exceptionHandler(gone -> upstream.reset());
                    return upgrade ? tunnel(request, upstream) : exchange(request, upstream);
                })
                .onFailure(broken -> request.connection().close());
    }

    private Future<?> waiting() {
        return habit == Habit.SLOW ? vertx.timer(SLOW_MS, TimeUnit.MILLISECONDS) : Future.succeededFuture();
    }

    private Future<Void> exchange(HttpServerRequest request, HttpClientRequest upstream) {
        return upstream.send(request).compose(answer -> {
            HttpServerResponse response = request.response().setStatusCode(answer.statusCode());
            response.headers().setAll(answer.headers()).remove("Transfer-Encoding");
            response.setChunked(answer.headers().contains("Transfer-Encoding"));
            if (habit == Habit.OFFERS_NO_WEBSOCKETS && request.path().endsWith("/info")) {
                response.headers().remove("Content-Length");
                return answer.body()
                        .compose(info -> response.end(
                                info.toJsonObject().put("websocket", false).toBuffer()));
            }
            return habit == Habit.BUFFERS_STREAMS ? answer.body().compose(response::end) : answer.pipeTo(response);
        });
    }

    private Future<Void> tunnel(HttpServerRequest request, HttpClientRequest upstream) {
        return upstream.connect().compose(answer -> {
            NetSocket gateway = answer.netSocket();
            gateway.pause();
            request.response().headers().setAll(answer.headers());
            return request.toNetSocket()
                    .onSuccess(browser -> join(browser, gateway))
                    .mapEmpty();
        });
    }

    private void join(NetSocket browser, NetSocket gateway) {
        browser.closeHandler(gone -> gateway.close());
        gateway.closeHandler(gone -> browser.close());
        if (habit == Habit.SWALLOWS_FRAMES) {
            browser.handler(frame -> {});
            gateway.handler(frame -> {});
        } else {
            browser.handler(gateway::write);
            gateway.handler(browser::write);
        }
        if (habit == Habit.HOLDS_FRAMES) {
            held.add(gateway);
        } else {
            gateway.resume();
        }
    }
}
