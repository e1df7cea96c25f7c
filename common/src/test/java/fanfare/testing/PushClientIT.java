package fanfare.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.handler.sockjs.SockJSHandler;
import io.vertx.ext.web.handler.sockjs.SockJSHandlerOptions;
import io.vertx.junit5.VertxExtension;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
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
}
