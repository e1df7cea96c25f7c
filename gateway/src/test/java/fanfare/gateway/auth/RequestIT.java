package fanfare.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.config.Env;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is made of requests as they come over the wire, headers given twice included. */
class RequestIT {
    private final Vertx vertx = Vertx.vertx();
    private final Env env = new Env(Map.of("FANFARE_TRUSTED_PROXIES", "127.0.0.0/8"));
    private final Origins origins = Origins.from(env);
    private final ClientAddress addresses = ClientAddress.from(env);
    private HttpServer server;

    @BeforeEach
    void listen() throws Exception {
        server = vertx.createHttpServer()
                .requestHandler(request -> {
                    Credentials credentials = Credentials.of(request, Set.of("a", "c"), addresses.of(request));
                    request.response()
                            .end(origins.check(request).allowed() + "|" + credentials.cookie() + "|"
                                    + credentials.userAgent() + "|" + credentials.clientAddress());
                })
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
    }

    @AfterEach
    void stop() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private String answerTo(String... headers) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.actualPort())) {
            socket.setSoTimeout(30_000);
            String request = "GET / HTTP/1.1\r\nConnection: close\r\n" + String.join("\r\n", headers) + "\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            return answer.substring(answer.indexOf("\r\n\r\n") + 4);
        }
    }

    @Test
    void anOrdinaryBrowser() throws Exception {
        assertThat(answerTo(
                        "Host: site.example:8080",
                        "Origin: http://site.example",
                        "User-Agent: agent",
                        "Cookie: a=1; b=2",
                        "Cookie: c=3",
                        "X-Forwarded-For: 6.6.6.6",
                        "X-Forwarded-For: 203.0.113.9"))
                .isEqualTo("true|a=1; c=3|agent|203.0.113.9");
    }

    @Test
    void notABrowser() throws Exception {
        assertThat(answerTo("Host: site.example")).isEqualTo("true|null|null|127.0.0.1");
    }

    @Test
    void twoOriginsAreNone() throws Exception {
        assertThat(answerTo("Host: site.example", "Origin: http://site.example", "Origin: http://site.example"))
                .startsWith("false|");
    }

    @Test
    void twoHostsAreNone() throws Exception {
        assertThat(answerTo("Host: site.example", "Host: site.example", "Origin: http://site.example"))
                .doesNotStartWith("true|");
    }

    @Test
    void aHostThatIsNone() throws Exception {
        assertThat(answerTo("Host: site.example@evil", "Origin: http://site.example"))
                .doesNotStartWith("true|");
        assertThat(answerTo("Host:", "Origin: http://site.example")).doesNotStartWith("true|");
    }
}
