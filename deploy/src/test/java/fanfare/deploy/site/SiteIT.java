package fanfare.deploy.site;

import static fanfare.testing.Await.result;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.RedisServer;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SiteIT {
    private static final String HOST = "127.0.0.1";

    /** One request that the site sent to the publisher. */
    private record Call(String request, String key, String body) {}

    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client = HttpClient.newHttpClient();
    private final BlockingQueue<Call> calls = new LinkedBlockingQueue<>();
    private final int port = RedisServer.freePort();
    private final int managementPort = RedisServer.freePort();
    private final int publisherPort = RedisServer.freePort();

    @BeforeEach
    void start() throws Exception {
        result(vertx.createHttpServer()
                .requestHandler(request -> request.body().onSuccess(body -> {
                    calls.add(new Call(
                            request.method() + " " + request.uri(),
                            request.getHeader("Authorization"),
                            body.toString()));
                    request.response()
                            .setStatusCode(413)
                            .putHeader("Content-Type", "application/problem+json")
                            .end("{\"field\":\"data\"}");
                }))
                .listen(publisherPort, HOST));
        result(vertx.deployVerticle(new Site(new SiteConfig(HOST, port, managementPort, 8080, publisherPort, 0))));
    }

    @AfterEach
    void stop() throws Exception {
        assertThat(calls).isEmpty();
        result(vertx.close());
    }

    @Test
    void servesThePageOnAnyHostName() throws Exception {
        HttpResponse<String> page = send(request("/"));
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("Content-Type")).hasValue("text/html;charset=UTF-8");
        assertThat(page.body()).contains("Fanfare");
        assertThat(send(request("/nothing")).statusCode()).isEqualTo(404);
        assertThat(send(request("/../Site.class")).statusCode()).isIn(400, 404);
    }

    @Test
    void aLoginIsKnownToTheGatewayUntilItsLogout() throws Exception {
        HttpResponse<String> login = login("42");
        assertThat(login.statusCode()).isEqualTo(303);
        assertThat(login.headers().firstValue("Location")).hasValue("/");
        String header = login.headers().firstValue("Set-Cookie").orElseThrow();
        assertThat(header)
                .containsIgnoringCase("HttpOnly")
                .contains("SameSite=Lax")
                .contains("Path=/");
        String cookie = header.split(";", 2)[0];

        HttpResponse<String> auth = send(request("/push/auth").header("Cookie", cookie));
        assertThat(auth.statusCode()).isEqualTo(200);
        JsonObject who = new JsonObject(auth.body());
        assertThat(who.getString("user")).isEqualTo("42");
        assertThat(cookie).doesNotContain(who.getString("session"));
        assertThat(new JsonObject(
                        send(request("/api/session").header("Cookie", cookie)).body()))
                .isEqualTo(
                        new JsonObject().put("user", "42").put("gateway", 8080).put("publisher", publisherPort));

        HttpResponse<String> logout = send(post("/logout", "", "application/x-www-form-urlencoded")
                .header("Cookie", cookie)
                .header("Accept", "application/json"));
        assertThat(logout.statusCode()).isEqualTo(200);
        Call call = calls.poll(30, SECONDS);
        assertThat(call.request()).isEqualTo("POST /v1/disconnect");
        assertThat(new JsonObject(call.body()))
                .isEqualTo(new JsonObject()
                        .put("user", "42")
                        .put("session", who.getString("session"))
                        .put("code", 4102)
                        .put("reason", "logged out"));
        assertThat(send(request("/push/auth").header("Cookie", cookie)).statusCode())
                .isEqualTo(401);
    }

    @Test
    void eachLoginIsANewSession() throws Exception {
        String first = session(login("42"));
        assertThat(session(login("42"))).isNotEqualTo(first);
    }

    @Test
    void strangersAreNotLoggedIn() throws Exception {
        assertThat(send(request("/push/auth")).statusCode()).isEqualTo(401);
        assertThat(send(request("/push/auth").header("Cookie", "site_session=forged"))
                        .statusCode())
                .isEqualTo(401);
        assertThat(new JsonObject(send(request("/api/session")).body()).getValue("user"))
                .isNull();
    }

    @Test
    void aBadUserIsRefusedByName() throws Exception {
        for (String user : new String[] {"", "two words", "ä", "x".repeat(129)}) {
            HttpResponse<String> response = login(user);
            assertThat(response.statusCode()).as(user).isEqualTo(400);
            assertThat(new JsonObject(response.body()).getString("field")).isEqualTo("user");
        }
        HttpResponse<String> presence = send(request("/api/presence?user=a%20b"));
        assertThat(presence.statusCode()).isEqualTo(400);
    }

    @Test
    void asksForThePageWhatBecameOfAPublication() throws Exception {
        assertThat(send(request("/messages/a%20%2F1%25")).body()).isEqualTo("{\"field\":\"data\"}");
        assertThat(calls.poll(30, SECONDS))
                .isEqualTo(new Call("GET /v1/messages/a%20%2F1%25", "Bearer dev.secret", ""));
    }

    @Test
    void publishesForThePageAndAnswersWhatThePublisherAnswered() throws Exception {
        String body = "{\"to\":{\"user\":\"1\"},\"data\":1.0}";
        HttpResponse<String> response = send(post("/publish", body, "application/json; charset=utf-8")
                .header("Origin", "http://" + HOST + ":" + port)
                .header("Sec-Fetch-Site", "same-origin"));
        assertThat(response.statusCode()).isEqualTo(413);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        assertThat(response.body()).isEqualTo("{\"field\":\"data\"}");
        assertThat(calls.poll(30, SECONDS)).isEqualTo(new Call("POST /v1/publish", "Bearer dev.secret", body));
    }

    @Test
    void otherSitesCannotPublish() throws Exception {
        assertThat(send(post("/publish", "{}", "text/plain")).statusCode()).isEqualTo(415);
        for (String origin : new String[] {"http://evil.example", "null", "http://" + HOST + ":1", "::"}) {
            assertThat(send(post("/publish", "{}", "application/json").header("Origin", origin))
                            .statusCode())
                    .as(origin)
                    .isEqualTo(403);
        }
        assertThat(send(post("/publish", "{}", "application/json").header("Sec-Fetch-Site", "cross-site"))
                        .statusCode())
                .isEqualTo(403);
    }

    @Test
    void asksThePublisherWhoIsOnline() throws Exception {
        send(request("/api/presence?user=" + URLEncoder.encode("a/b?c", StandardCharsets.UTF_8)));
        assertThat(calls.poll(30, SECONDS))
                .isEqualTo(new Call("GET /v1/users/a%2Fb%3Fc/presence", "Bearer dev.secret", ""));
    }

    @Test
    void aNameThatStrangersLetPointHereIsRefused() throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(30_000);
            String own = "evil.example:" + port;
            socket.getOutputStream()
                    .write(("POST /publish HTTP/1.1\r\nHost: " + own + "\r\nOrigin: http://" + own
                                    + "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
                            .readLine())
                    .isEqualTo("HTTP/1.1 403 Forbidden");
        }
    }

    private String session(HttpResponse<String> login) throws Exception {
        String cookie = login.headers().firstValue("Set-Cookie").orElseThrow().split(";", 2)[0];
        return new JsonObject(
                        send(request("/push/auth").header("Cookie", cookie)).body())
                .getString("session");
    }

    private HttpResponse<String> login(String user) throws Exception {
        return send(post(
                "/login",
                "user=" + URLEncoder.encode(user, StandardCharsets.UTF_8),
                "application/x-www-form-urlencoded"));
    }

    private HttpRequest.Builder post(String path, String body, String type) {
        return request(path).POST(BodyPublishers.ofString(body)).header("Content-Type", type);
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://" + HOST + ":" + port + path));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), BodyHandlers.ofString());
    }
}
