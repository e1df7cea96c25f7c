package fanfare.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.NetServer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.handler.sockjs.SockJSHandler;
import io.vertx.ext.web.handler.sockjs.SockJSHandlerOptions;
import io.vertx.junit5.VertxExtension;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The client's SockJS is that of others: it talks to an implementation that is not ours. Left out are what that one does in
 * its own way: its raw WebSocket speaks binary, its polls end their TCP connections.
 */
@ExtendWith(VertxExtension.class)
class PushClientIT {
    private HttpServer server;

    @BeforeEach
    void start(Vertx vertx) throws Exception {
        Router router = Router.router(vertx);
        SockJSHandler sockJs = SockJSHandler.create(vertx, new SockJSHandlerOptions().setRegisterWriteHandler(false));
        router.route().handler(BodyHandler.create(false));
        router.route("/push*")
                .subRouter(sockJs.socketHandler(socket -> socket.handler(heard -> {
                    if (heard.toString().contains("bye")) {
                        socket.close(4103, "so long");
                    } else {
                        socket.write(Buffer.buffer("{\"type\":\"event\",\"event\":\"echo\",\"data\":" + heard + "}"));
                    }
                })));
        server = vertx.createHttpServer().requestHandler(router);
        server.listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    @AfterEach
    void stop() {
        var unused = server.close();
    }

    @ParameterizedTest
    @EnumSource(names = {"SOCKJS_WEBSOCKET", "XHR_STREAMING"})
    void messagesGoThereAndBackInOrder(PushTransport transport, Vertx vertx) {
        String uri = "http://127.0.0.1:" + server.actualPort();
        try (PushClient client = PushClient.connect(vertx, transport, uri, Map.of())) {
            client.awaitOpen();
            for (int i = 0; i < 100; i++) {
                client.send("{\"n\":" + i + ",\"text\":\"\u2028 \u00e9\"}");
            }
            for (int i = 0; i < 100; i++) {
                assertThat(client.expectEvent("echo").text()).contains("\"n\":" + i + ",\"text\":\"\u2028 \u00e9\"");
            }
            client.assertNothingElse();
        }
    }

    @ParameterizedTest
    @EnumSource(names = "XHR_STREAMING")
    void theEndOfASessionIsHeard(PushTransport transport, Vertx vertx) {
        String uri = "http://127.0.0.1:" + server.actualPort();
        try (PushClient client = PushClient.connect(vertx, transport, uri, Map.of())) {
            client.awaitOpen().send("{\"say\":\"bye\"}");
            // This library turns every code into 3000.
            assertThat(client.expectClose(3_000)).isEqualTo("Go away!");
        }
    }

    /** On a worker's thread Vert.x sets handlers at some later moment, as it does on a busy event loop's. */
    @Test
    void aCloseThatComesWithTheHandshakeIsHeard(Vertx vertx) throws Exception {
        NetServer quick = vertx.createNetServer()
                .connectHandler(peer -> peer.handler(heard -> {
                    if (heard.toString().startsWith("GET")) {
                        peer.write(accepted(heard.toString()).appendBuffer(closeFrame(4_101, "not you")));
                    } else {
                        peer.close();
                    }
                }));
        quick.listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
        String uri = "http://127.0.0.1:" + quick.actualPort();
        Context worker = ((VertxInternal) vertx).createWorkerContext();
        for (int i = 0; i < 50; i++) {
            try (PushClient client = Future.<PushClient>future(connecting -> worker.runOnContext(go ->
                            connecting.complete(PushClient.connect(vertx, PushTransport.RAW_WEBSOCKET, uri, Map.of()))))
                    .await(20, TimeUnit.SECONDS)) {
                assertThat(client.awaitOpen().expectClose(4_101)).isEqualTo("not you");
                client.assertNothingElse();
            }
        }
    }

    /** The answer to a WebSocket's handshake (RFC 6455, 4.2.2). */
    private static Buffer accepted(String request) {
        String key = request.replaceFirst("(?is).*\r\nsec-websocket-key: *([^\r]+)\r.*", "$1");
        try {
            byte[] digest = MessageDigest.getInstance("SHA-1")
                    .digest((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(StandardCharsets.US_ASCII));
            return Buffer.buffer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: " + Base64.getEncoder().encodeToString(digest) + "\r\n\r\n");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static Buffer closeFrame(int code, String reason) {
        return Buffer.buffer()
                .appendByte((byte) 0x88)
                .appendByte((byte) (2 + reason.length()))
                .appendShort((short) code)
                .appendString(reason);
    }
}
