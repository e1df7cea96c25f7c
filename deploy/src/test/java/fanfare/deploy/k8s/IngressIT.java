package fanfare.deploy.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.Await;
import fanfare.testing.BalancerProcess;
import fanfare.testing.RawHttp;
import fanfare.testing.RedisServer;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What nginx does with the annotations of the production overlay when it comes to a gateway that does not serve. */
class IngressIT {
    private static final String PREFIX = "nginx.ingress.kubernetes.io/";

    @TempDir
    Path folder;

    private final Vertx vertx = Vertx.vertx();
    private final AtomicInteger served = new AtomicInteger();
    private final Map<String, String> annotations = Overlay.render("production")
            .one(Ingress.class, "gateway")
            .getMetadata()
            .getAnnotations();

    private @Nullable BalancerProcess nginx;

    @AfterEach
    void stop() throws Exception {
        if (nginx != null) {
            nginx.close();
        }
        Await.result(vertx.close());
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST"})
    void aNodeThatHasDiedIsPassedOver(String method) throws Exception {
        try (SilentNode dead = new SilentNode()) {
            assertThat(status(method, dead.port())).isEqualTo(200);
        }
    }

    @Test
    void aNewcomerWhomAGatewayRefusesIsTakenByTheNext() throws Exception {
        int draining = listen(request -> request.response().setStatusCode(503).end());
        assertThat(status("GET", draining)).isEqualTo(200);
    }

    /** A gateway may have done what it says; the browser's client knows whether to send it again. */
    @Test
    void whatAGatewayHasReadIsNotToldAnother() throws Exception {
        int dies = listen(request ->
                request.body().onComplete(body -> request.connection().close()));
        assertThat(status("POST", dies)).isEqualTo(502);
        assertThat(served).hasValue(0);
    }

    /** What nginx answers if the first that it asks is this one, and the second serves. */
    private int status(String method, int first) throws Exception {
        int second = listen(request -> {
            served.incrementAndGet();
            request.response().end();
        });
        int port = RedisServer.freePort();
        String configuration =
                """
                upstream gateways {
                  server 127.0.0.1:%d;
                  server 127.0.0.1:%d;
                }
                server {
                  listen 127.0.0.1:%d;
                  location / {
                    proxy_pass http://gateways;
                    proxy_connect_timeout %ss;
                    proxy_next_upstream %s;
                    proxy_next_upstream_tries %s;
                  }
                }
                """
                        .formatted(
                                first,
                                second,
                                port,
                                annotations.get(PREFIX + "proxy-connect-timeout"),
                                annotations.get(PREFIX + "proxy-next-upstream"),
                                annotations.get(PREFIX + "proxy-next-upstream-tries"));
        nginx = BalancerProcess.nginx(folder, port, configuration);
        try (RawHttp http = RawHttp.to(port)) {
            return http.request(method, "/push/info", "").head().status();
        }
    }

    private int listen(Handler<HttpServerRequest> handler) {
        HttpServer server = vertx.createHttpServer().requestHandler(handler);
        return Await.result(server.listen(0, "127.0.0.1")).actualPort();
    }

    /** Does not answer who dials it, as an address that nobody has any more: its queue of connections is full. */
    private static final class SilentNode implements AutoCloseable {
        private final ServerSocket node = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        private final List<Socket> queue = new ArrayList<>();

        SilentNode() throws IOException {
            try {
                while (true) {
                    Socket next = new Socket();
                    queue.add(next);
                    next.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port()), 500);
                }
            } catch (SocketTimeoutException e) {
                // As it is to be.
            }
        }

        int port() {
            return node.getLocalPort();
        }

        @Override
        public void close() throws IOException {
            for (Socket socket : queue) {
                socket.close();
            }
            node.close();
        }
    }
}
