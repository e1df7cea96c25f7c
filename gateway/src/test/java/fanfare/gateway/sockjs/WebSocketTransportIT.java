package fanfare.gateway.sockjs;

import static fanfare.gateway.RawWebSocket.FIN;
import static fanfare.gateway.RawWebSocket.frame;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.channel.Position;
import fanfare.gateway.RawWebSocket;
import fanfare.gateway.auth.AddressLimits;
import fanfare.gateway.auth.Identity;
import fanfare.gateway.protocol.Command;
import fanfare.gateway.protocol.Message;
import fanfare.gateway.receipt.Collector;
import fanfare.gateway.receipt.ReceiptLimits;
import fanfare.gateway.receipt.Reports;
import fanfare.gateway.session.ConnectionLog;
import fanfare.gateway.session.Hub;
import fanfare.gateway.session.Session;
import fanfare.gateway.session.SessionLimits;
import fanfare.gateway.session.SessionMetrics;
import fanfare.gateway.session.Start;
import fanfare.gateway.session.Subscription;
import fanfare.http.ConnectionGuard;
import fanfare.process.Bugs;
import fanfare.redis.ServerTime;
import fanfare.testing.Await;
import fanfare.testing.RawHttp;
import fanfare.testing.TestCertificate;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.handler.ssl.SslHandler;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A WebSocket from its handshake on, in a Vert.x server of each kind: what of Vert.x stays, and what leaves it how. */
class WebSocketTransportIT {
    private static final AddressLimits NO_LIMITS = new AddressLimits(0, 0, 0, new SimpleMeterRegistry());
    private static final ServerTime START = new ServerTime(1, "master");
    private static final int LENGTH = 20_000;
    /** Long enough for a browser to be woken up, and shorter than the kernel holds anything back. */
    private static final int ADMITTED_MS = 20;

    @TempDir
    static Path folder;

    private static TestCertificate certificate;

    /** How a server reaches the network. */
    private enum Kind {
        EPOLL(true, false),
        NIO(false, false),
        EPOLL_TLS(true, true),
        NIO_TLS(false, true);

        final boolean isNative;
        final boolean hasTls;

        Kind(boolean isNative, boolean hasTls) {
            this.isNative = isNative;
            this.hasTls = hasTls;
        }
    }

    /** What hears of a channel: it joins at once. */
    private static final class NothingMissed implements Hub.Source {
        @Override
        public void join(Hub hub, Subscription subscription, Start start) {
            hub.execute(() -> subscription.joined(List.of(), true, null, 0));
        }

        @Override
        public void leave(Hub hub, Channel channel) {}
    }

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final AtomicInteger ended = new AtomicInteger();
    /** What is done when a session is over. */
    private volatile Runnable atTheEnd = ended::incrementAndGet;

    private Vertx vertx;
    private Context loop;
    private HttpServer server;
    private Hub hub;
    private Framing framing;
    /** Of the last connection. */
    private volatile @Nullable Session session;

    private volatile io.netty.channel.@Nullable Channel channel;
    private volatile @Nullable WeakReference<Object> request;

    @BeforeAll
    static void makeCertificate() {
        certificate = TestCertificate.make(folder, "server");
    }

    @AfterEach
    void stop() throws Exception {
        vertx.close().await(10, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @EnumSource
    void nothingOfVertxStaysButTls(Kind kind) throws Exception {
        start(kind, 1 << 20);
        try (RawWebSocket socket = open(kind)) {
            socket.next("welcome");
            assertThat(channel.pipeline())
                    .as("Upgrade has stripped the pipeline of this version of Vert.x")
                    .extracting(each -> each.getValue().getClass().getSimpleName())
                    .containsExactly(
                            kind.hasTls
                                    ? new String[] {SslHandler.class.getSimpleName(), "WebSocketTransport"}
                                    : new String[] {"WebSocketTransport"});
            Await.until("the request is forgotten", () -> {
                System.gc();
                return request.get() == null;
            });
            socket.send(frame(FIN | Frames.TEXT, "{\"type\":\"ping\"}"));
            socket.next("pong");
            Future<Void> closed = server.close();
            assertThat(socket.next()).as("the server closes what it accepted").isNull();
            closed.await(10, TimeUnit.SECONDS);
            Await.until("the session is over", () -> ended.get() == 1);
        }
    }

    @Test
    void theAnswerToTheHandshakeLeavesInOnePacketWithTheWelcome() throws Exception {
        start(Kind.EPOLL, 1 << 20);
        String request = String.join(
                "\r\n",
                "GET /later HTTP/1.1",
                "Host: 127.0.0.1",
                "Connection: Upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
                "",
                "");
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.actualPort())) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            byte[] read = new byte[4_096];
            int length = socket.getInputStream().read(read);
            assertThat(new String(read, 0, length, StandardCharsets.ISO_8859_1))
                    .startsWith("HTTP/1.1 101 ")
                    .contains("\"welcome\"");
        }
    }

    @ParameterizedTest
    @EnumSource
    void whoReadsLateReadsEverythingInOrder(Kind kind) throws Exception {
        start(kind, 1 << 26);
        int count = 800;
        try (RawWebSocket socket = open(kind)) {
            socket.next("welcome");
            for (int i = 0; i < count; i++) {
                Message event = event(i);
                hub.handOver(Channel.BROADCAST, event, 0, false);
                if (i % 100 == 50) {
                    socket.send(frame(FIN | Frames.PING, "still there?"));
                }
            }
            int pongs = 0;
            for (int i = 0; i < count; ) {
                RawWebSocket.Frame next = socket.next();
                if (next.opcode() == Frames.PONG) {
                    assertThat(next.payload()).isEqualTo("still there?");
                    pongs++;
                } else {
                    assertThat(next.payload())
                            .startsWith("{\"number\":" + i++ + ",")
                            .hasSize(text(0).length());
                }
            }
            assertThat(pongs).isLessThanOrEqualTo(8);
            assertThat(metrics.get("fanfare_queue_bytes").gauge().value()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void whoDoesNotReadIsClosedAtItsBudgetAndThenCutOff(Kind kind) throws Exception {
        start(kind, 10 * LENGTH);
        try (RawWebSocket socket = open(kind)) {
            socket.next("welcome");
            for (int i = 0; !session.isClosed(); i++) {
                Message event = event(i);
                onLoop(() -> hub.handOver(Channel.BROADCAST, event, 0, false));
                assertThat(i).isLessThan(5_000);
            }
            Await.until("it is cut off", () -> !channel.isOpen());
            assertThat(metrics.get("fanfare_queue_bytes").gauge().value()).isZero();
            assertThat(metrics.get("fanfare_closes_total")
                            .tag("code", "4002")
                            .counter()
                            .count())
                    .isEqualTo(1);
        }
    }

    @Test
    void aBugThatABrowserMeetsIsCountedAndEndsItsConnection() throws Exception {
        start(Kind.EPOLL, 1 << 20);
        new Bugs(metrics).watch(vertx);
        atTheEnd = () -> {
            throw new IllegalStateException("a bug");
        };
        try (RawWebSocket socket = open(Kind.EPOLL)) {
            socket.next("welcome");
            socket.send(frame(FIN | Frames.CLOSE, ""));
            Await.until("it is cut off", () -> !channel.isOpen());
            Await.until(
                    "the bug is counted",
                    () -> metrics.get("fanfare_internal_errors_total").counter().count() == 1);
        }
    }

    private void start(Kind kind, int queueBytesMax) throws Exception {
        vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(kind.isNative));
        loop = vertx.getOrCreateContext();
        assertThat(vertx.isNativeTransportEnabled()).isEqualTo(kind.isNative);
        SessionLimits usual = SessionLimits.of(queueBytesMax);
        SessionLimits limits = new SessionLimits(
                queueBytesMax, usual.helloWait(), usual.heartbeat(), Duration.ofSeconds(1), usual.token(), 20);
        HttpServerOptions options =
                new HttpServerOptions().setHost("127.0.0.1").setPort(0).setHttp2ClearTextEnabled(false);
        if (kind.hasTls) {
            options.setSsl(true)
                    .setKeyCertOptions(new PemKeyCertOptions()
                            .setCertPath(certificate.certificateFile().toString())
                            .setKeyPath(certificate.keyFile().toString()));
        }
        server = onLoop(() -> {
                    Reports reports = new Reports(
                            ReceiptLimits.of(1),
                            new Collector.Room(ReceiptLimits.of(1), metrics),
                            task -> loop.runOnContext(later -> task.run()),
                            seen -> {},
                            System::currentTimeMillis);
                    hub = new Hub(
                            vertx,
                            "node",
                            new NothingMissed(),
                            limits,
                            new SessionMetrics(metrics, new ConnectionLog(0, () -> 0, metrics)),
                            reports,
                            System::currentTimeMillis,
                            () -> 0);
                    framing = Framing.raw();
                    ConnectionGuard guard = new ConnectionGuard(vertx, Duration.ofSeconds(10), metrics);
                    Router router = Router.router(vertx);
                    router.route().handler(guard);
                    router.get("/").handler(context -> accept(context, 0));
                    router.get("/later").handler(context -> accept(context, ADMITTED_MS));
                    return vertx.createHttpServer(options)
                            .connectionHandler(guard::connected)
                            .requestHandler(router)
                            .listen();
                })
                .await(10, TimeUnit.SECONDS);
    }

    private void accept(RoutingContext context, int admittedMs) {
        request = new WeakReference<>(context.request());
        Upgrade.of(context).accept(true).onFailure(context::fail).onSuccess(accepted -> {
            channel = accepted;
            WebSocketTransport transport = new WebSocketTransport(framing, accepted, "192.0.2.1", NO_LIMITS);
            Session opened = hub.open(transport, "c", START, over -> atTheEnd.run());
            session = opened;
            transport.serve(opened, true);
            opened.hello(Command.Hello.SILENT);
            Runnable admission = () -> opened.admitted(new Identity(null, null, List.of(), Long.MAX_VALUE));
            if (admittedMs == 0) {
                admission.run();
            } else {
                vertx.setTimer(admittedMs, timer -> admission.run());
            }
        });
    }

    private RawWebSocket open(Kind kind) throws Exception {
        int port = server.actualPort();
        return RawWebSocket.open(kind.hasTls ? certificate.connect(port) : RawHttp.to(port), "/");
    }

    private void onLoop(Runnable step) throws Exception {
        onLoop(() -> {
                    step.run();
                    return Future.succeededFuture();
                })
                .await(10, TimeUnit.SECONDS);
    }

    private <T> Future<T> onLoop(Supplier<Future<T>> step) {
        return Future.future(done -> loop.runOnContext(turn -> step.get().onComplete(done)));
    }

    private static String text(int number) {
        String begin = "{\"number\":" + number + ",\"filling\":\"";
        return begin + "x".repeat(LENGTH - begin.length()) + "\"}";
    }

    private static Message event(int number) {
        return Message.of(
                Channel.BROADCAST,
                new Item(
                        new Position(1, number + 1),
                        null,
                        1,
                        Long.MAX_VALUE,
                        "i",
                        "/n",
                        0,
                        Buffer.buffer(text(number))));
    }
}
