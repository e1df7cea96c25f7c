package fanfare.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Vertx;
import io.vertx.core.net.NetServer;
import io.vertx.junit5.VertxExtension;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class FlakyLinkIT {
    private static final Duration A_MOMENT = Duration.ofMillis(300);

    private NetServer server;
    private FlakyLink link;

    @BeforeEach
    void start(Vertx vertx) throws Exception {
        server = vertx.createNetServer().connectHandler(socket -> socket.handler(socket::write));
        server.listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
        link = FlakyLink.to(server.actualPort());
    }

    @AfterEach
    void stop() {
        link.close();
        var unused = server.close();
    }

    @Test
    void whatWasStalledArrivesLater() {
        try (RawHttp echo = RawHttp.to(link.port())) {
            assertThat(echo.send("one\n").line()).isEqualTo("one");
            link.stall();
            assertThat(echo.send("two\n").endsWithin(A_MOMENT)).isFalse();
            link.resume();
            assertThat(echo.line()).isEqualTo("two");
        }
    }

    @Test
    void whatWasSwallowedIsGone() {
        try (RawHttp echo = RawHttp.to(link.port())) {
            link.swallow(FlakyLink.Direction.UP);
            echo.send("one\n");
            Await.until("it is swallowed", () -> link.swallowed() == 4);
            assertThat(echo.endsWithin(A_MOMENT)).isFalse();
            link.resume();
            assertThat(echo.send("two\n").line()).isEqualTo("two");
        }
    }

    @Test
    void cutsAndRefuses() {
        try (RawHttp echo = RawHttp.to(link.port())) {
            assertThat(echo.send("one\n").line()).isEqualTo("one");
            link.refuse();
            link.cut();
            assertThat(echo.endsWithin(Duration.ofSeconds(20))).isTrue();
            assertThatThrownBy(() -> RawHttp.to(link.port())).isInstanceOf(UncheckedIOException.class);
            link.resume();
        }
        try (RawHttp echo = RawHttp.to(link.port())) {
            assertThat(echo.send("two\n").line()).isEqualTo("two");
        }
    }
}
