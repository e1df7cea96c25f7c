package fanfare.http;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.Await;
import fanfare.testing.RawHttp;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class ConnectionGuardIT {
    private static final Duration KEEP_ALIVE_MAX = Duration.ofMillis(500);
    /** Longer than a guard waits for another request, and until it looks. */
    private static final Duration LONGER = Duration.ofMillis(2_500);

    private static final String HEAD = " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

    /** More than what the kernel keeps for a connection. */
    private static final String LONG_TEXT = "x".repeat(32 << 20);

    private final CountDownLatch closed = new CountDownLatch(1);

    private HttpServer server;

    @BeforeEach
    void serve(Vertx vertx) throws Exception {
        Context loop = vertx.getOrCreateContext();
        server = Await.on(loop, () -> {
            ConnectionGuard guard =
                    new ConnectionGuard(vertx, Duration.ofSeconds(10), KEEP_ALIVE_MAX, new SimpleMeterRegistry());
            Router router = Router.router(vertx);
            router.route().handler(guard);
            // Not within the call, or the request behind it would be read only afterwards.
            router.get("/short").handler(context -> vertx.runOnContext(later -> context.end("short")));
            router.get("/long").handler(context -> {
                context.request().connection().closeHandler(end -> closed.countDown());
                context.end(LONG_TEXT);
            });
            router.get("/stream").handler(context -> {
                context.response().setChunked(true).write("begun");
                vertx.setTimer(LONGER.toMillis(), late -> context.response().write("later"));
            });
            return vertx.createHttpServer()
                    .connectionHandler(guard::connected)
                    .requestHandler(router)
                    .listen(0, "127.0.0.1");
        });
    }

    @Test
    void aConnectionWithoutAnotherRequestIsEnded() {
        try (RawHttp http = RawHttp.to(server.actualPort())) {
            assertThat(http.send("GET /short" + HEAD).answer().body()).isEqualTo("short");
            assertThat(http.endsWithin(Duration.ofSeconds(10))).isTrue();
        }
    }

    @Test
    void aConnectionWhosePeerDoesNotReadItsAnswerIsEnded() throws Exception {
        try (RawHttp http = RawHttp.to(server.actualPort())) {
            http.send("GET /long" + HEAD);
            assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aStreamThatWasAskedForBehindAnotherRequestGoesOn() {
        try (RawHttp http = RawHttp.to(server.actualPort())) {
            http.send("GET /short" + HEAD + "GET /stream" + HEAD);
            assertThat(http.answer().body()).isEqualTo("short");
            assertThat(http.head().status()).isEqualTo(200);
            assertThat(http.chunk()).isEqualTo("begun");
            assertThat(http.chunk()).isEqualTo("later");
        }
    }
}
