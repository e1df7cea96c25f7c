package fanfare.deploy.balancer;

import static fanfare.testing.Await.result;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.Await;
import fanfare.testing.RedisServer;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.net.NetClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BalancerIT {
    private static final String HOST = "127.0.0.1";
    /** A backend is out when it says so: one whose machine was busy for a moment must not miss its turn. */
    private static final int PATIENT_MS = 10_000;

    /** In the place of a status: says nothing. */
    private static final int SILENT = 0;

    /** A backend that says its name, streams, echoes, and may be unready. */
    private static final class Peer {
        final String name;
        final int port = RedisServer.freePort();
        final int managementPort = RedisServer.freePort();
        final BlockingQueue<MultiMap> heads = new LinkedBlockingQueue<>();
        final BlockingQueue<String> ends = new LinkedBlockingQueue<>();
        volatile int readiness = 200;
        HttpServer server;

        Peer(String name) {
            this.name = name;
        }

        void start(Vertx vertx) throws Exception {
            server = result(vertx.createHttpServer()
                    .requestHandler(this::answer)
                    .webSocketHandler(socket -> {
                        socket.textMessageHandler(text -> socket.writeTextMessage(name + " heard " + text));
                        socket.closeHandler(closed -> ends.add("websocket"));
                    })
                    .listen(port, HOST));
            result(vertx.createHttpServer()
                    .requestHandler(request -> {
                        if (readiness != SILENT) {
                            request.response().setStatusCode(readiness).end();
                        }
                    })
                    .listen(managementPort, HOST));
        }

        private void answer(HttpServerRequest request) {
            heads.add(request.headers());
            request.response().putHeader("X-Peer", name);
            switch (request.path()) {
                case "/head" -> request.response().setChunked(true).writeHead();
                case "/stream" -> {
                    request.response().closeHandler(closed -> ends.add("stream"));
                    request.response().setChunked(true).write("first");
                }
                case "/cut" ->
                    request.response().setChunked(true).write("first").onSuccess(written -> request.connection()
                            .close());
                case "/echo" -> request.body().onSuccess(request.response()::end);
                default -> request.response().end(name);
            }
        }
    }

    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client = vertx.createHttpClient(new HttpClientOptions().setKeepAlive(false));
    /** Kept, since Vert.x closes the connections of a client that was garbage-collected. */
    private final WebSocketClient webSockets = vertx.createWebSocketClient();

    private final NetClient sockets = vertx.createNetClient();
    private final Peer one = new Peer("one");
    private final Peer two = new Peer("two");
    private final int port = RedisServer.freePort();
    private final int managementPort = RedisServer.freePort();

    @BeforeEach
    void start() throws Exception {
        one.start(vertx);
        two.start(vertx);
        result(vertx.deployVerticle(
                new Balancer(new BalancerConfig(HOST, port, managementPort, backends(), 0), PATIENT_MS)));
        awaitReady(2);
    }

    @AfterEach
    void stop() throws Exception {
        result(vertx.close());
    }

    @Test
    void takesTurns() throws Exception {
        assertThat(ask(10)).containsEntry("one", 5).containsEntry("two", 5);
    }

    @Test
    void aBackendThatRefusesCostsNobodyARequest() throws Exception {
        result(one.server.close());
        assertThat(ask(10)).containsOnlyKeys("two").containsEntry("two", 10);
    }

    @Test
    void aBackendThatIsNotReadyIsLeftAloneUntilItIs() throws Exception {
        one.readiness = 503;
        awaitReady(1);
        assertThat(ask(6)).containsOnlyKeys("two");
        one.readiness = 200;
        awaitReady(2);
        assertThat(ask(6)).containsOnlyKeys("one", "two");
    }

    @Test
    void withoutAnyBackendThereIsAProblem() throws Exception {
        one.readiness = 503;
        two.readiness = 503;
        awaitReady(0);
        HttpClientResponse response = send(HttpMethod.GET, "/name");
        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(response.getHeader("Content-Type")).isEqualTo("application/problem+json");
        assertThat(response.getHeader("Retry-After")).isEqualTo("1");
    }

    @Test
    void aBackendThatIsSlowToAnswerIsBetterThanNone() throws Exception {
        one.readiness = 503;
        int hastyPort = RedisServer.freePort();
        int hastyManagementPort = RedisServer.freePort();
        result(vertx.deployVerticle(
                new Balancer(new BalancerConfig(HOST, hastyPort, hastyManagementPort, backends(), 0), 200)));
        awaitReady(hastyManagementPort, 1);
        two.readiness = SILENT;
        awaitReady(hastyManagementPort, 0);
        for (int i = 0; i < 4; i++) {
            assertThat(result(client.request(HttpMethod.GET, hastyPort, HOST, "/name")
                                    .compose(HttpClientRequest::send))
                            .getHeader("X-Peer"))
                    .isEqualTo("two");
        }
    }

    @Test
    void theHostStaysAndTheClientIsNamed() throws Exception {
        result(client.request(HttpMethod.GET, port, HOST, "/name")
                .compose(request -> request.putHeader("Host", "push.example:81")
                        .putHeader("X-Forwarded-For", "203.0.113.7")
                        .putHeader("Cookie", "a=1")
                        .send()));
        List<Peer> asked =
                List.of(one, two).stream().filter(peer -> !peer.heads.isEmpty()).toList();
        assertThat(asked).hasSize(1);
        MultiMap head = asked.get(0).heads.remove();
        assertThat(head.getAll("Host")).containsExactly("push.example:81");
        assertThat(head.getAll("X-Forwarded-For")).containsExactly("203.0.113.7, 127.0.0.1");
        assertThat(head.getAll("X-Forwarded-Proto")).containsExactly("http");
        assertThat(head.getAll("Cookie")).containsExactly("a=1");
    }

    @Test
    void bodiesPassBothWays() throws Exception {
        Buffer body = Buffer.buffer("x".repeat(1 << 20));
        HttpClientRequest request = result(client.request(HttpMethod.POST, port, HOST, "/echo"));
        assertThat(result(request.send(body).compose(HttpClientResponse::body))).isEqualTo(body);
    }

    @Test
    void aHeadArrivesBeforeTheBody() throws Exception {
        assertThat(send(HttpMethod.GET, "/head").statusCode()).isEqualTo(200);
    }

    @Test
    void aChunkArrivesBeforeTheEnd() throws Exception {
        BlockingQueue<String> chunks = new LinkedBlockingQueue<>();
        result(client.request(HttpMethod.GET, port, HOST, "/stream").compose(request -> request.send()
                .onSuccess(response -> response.handler(chunk -> chunks.add(chunk.toString())))));
        assertThat(chunks.poll(30, SECONDS)).isEqualTo("first");
    }

    @Test
    void aStreamReachesAnOldClientToo() throws Exception {
        BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        result(sockets.connect(port, HOST).compose(socket -> {
            StringBuilder all = new StringBuilder();
            socket.handler(bytes -> {
                all.append(bytes);
                if (all.indexOf("\r\n\r\nfirst") > 0) {
                    lines.add(all.toString());
                }
            });
            return socket.write("GET /stream HTTP/1.0\r\n\r\n");
        }));
        assertThat(lines.poll(30, SECONDS)).isNotNull().doesNotContainIgnoringCase("chunked");
    }

    @Test
    void aClientThatGoesTakesItsStreamAlong() throws Exception {
        result(client.request(HttpMethod.GET, port, HOST, "/stream").compose(request -> request.send()
                .compose(response -> request.connection().close())));
        Await.until("a backend sees its stream end", () -> one.ends.contains("stream") || two.ends.contains("stream"));
    }

    @Test
    void aBackendThatDiesCutsTheStream() throws Exception {
        Future<Buffer> body = client.request(HttpMethod.GET, port, HOST, "/cut")
                .compose(request -> request.send().compose(HttpClientResponse::body));
        BlockingQueue<Boolean> outcome = new LinkedBlockingQueue<>();
        body.onComplete(result -> outcome.add(result.succeeded()));
        assertThat(outcome.poll(30, SECONDS)).isFalse();
    }

    @Test
    void webSocketsPassAndEndTogether() throws Exception {
        WebSocket socket = result(webSockets.connect(
                new WebSocketConnectOptions().setHost(HOST).setPort(port).setURI("/push/websocket")));
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        socket.textMessageHandler(heard::add);
        result(socket.writeTextMessage("hello"));
        String answer = heard.poll(30, SECONDS);
        assertThat(answer).endsWith("heard hello");
        Peer peer = answer.startsWith("one") ? one : two;
        result(socket.close());
        assertThat(peer.ends.poll(30, SECONDS)).isEqualTo("websocket");
    }

    @Test
    void webSocketsTakeTurnsToo() throws Exception {
        Map<String, Integer> counts = new TreeMap<>();
        for (int i = 0; i < 4; i++) {
            WebSocket socket = result(webSockets.connect(port, HOST, "/push/websocket"));
            BlockingQueue<String> heard = new LinkedBlockingQueue<>();
            socket.textMessageHandler(heard::add);
            result(socket.writeTextMessage("hello"));
            counts.merge(heard.poll(30, SECONDS), 1, Integer::sum);
        }
        assertThat(counts.values()).containsExactly(2, 2);
    }

    private List<Backend> backends() {
        List<Backend> backends = new ArrayList<>();
        for (Peer peer : List.of(one, two)) {
            backends.add(Backend.parse(HOST + ":" + peer.port + "/" + peer.managementPort));
        }
        return backends;
    }

    private Map<String, Integer> ask(int times) throws Exception {
        Map<String, Integer> counts = new TreeMap<>();
        for (int i = 0; i < times; i++) {
            HttpClientResponse response = send(HttpMethod.GET, "/name");
            assertThat(response.statusCode()).isEqualTo(200);
            counts.merge(response.getHeader("X-Peer"), 1, Integer::sum);
        }
        return counts;
    }

    private HttpClientResponse send(HttpMethod method, String path) throws Exception {
        return result(client.request(new RequestOptions()
                        .setMethod(method)
                        .setHost(HOST)
                        .setPort(port)
                        .setURI(path))
                .compose(HttpClientRequest::send));
    }

    private void awaitReady(int count) {
        awaitReady(managementPort, count);
    }

    private void awaitReady(int managementPort, int count) {
        Await.until(
                count + " of 2 are ready", () -> result(client.request(HttpMethod.GET, managementPort, HOST, "/readyz")
                                .compose(request -> request.send().compose(HttpClientResponse::body)))
                        .toString()
                        .contains(count + " of 2 ready"));
    }
}
