package fanfare.deploy.site;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** What a site backend calls: publish, receipts, disconnect, presence. The key stays here, out of reach of browsers. */
final class PublisherClient {
    private static final String HOST = "127.0.0.1";
    /** Works on loopback only. */
    private static final String KEY = "Bearer dev.secret";

    private static final int CONNECT_MAX_MS = 1_000;
    private static final int CONNECTIONS_MAX = 64;
    /** The publisher itself tries for 5 s before it gives up. */
    private static final int ANSWER_MAX_MS = 10_000;

    /** An answer as it came. */
    record Answer(int status, String contentType, Buffer body) {}

    private final HttpClient client;
    private final int port;

    PublisherClient(Vertx vertx, int port) {
        this.client = vertx.createHttpClient(
                new HttpClientOptions().setConnectTimeout(CONNECT_MAX_MS),
                new PoolOptions().setHttp1MaxSize(CONNECTIONS_MAX));
        this.port = port;
    }

    Future<Answer> publish(Buffer body) {
        return call(HttpMethod.POST, "/v1/publish", body);
    }

    Future<Answer> disconnect(String user, String session) {
        JsonObject body = new JsonObject()
                .put("user", user)
                .put("session", session)
                .put("code", 4102)
                .put("reason", "logged out");
        return call(HttpMethod.POST, "/v1/disconnect", body.toBuffer());
    }

    Future<Answer> presence(String user) {
        // A blank cannot occur in a user id, so the difference between form and path encoding does not matter.
        String segment = URLEncoder.encode(user, StandardCharsets.UTF_8);
        return call(HttpMethod.GET, "/v1/users/" + segment + "/presence", Buffer.buffer());
    }

    /** What became of a publication. */
    Future<Answer> message(String id) {
        // A path has another form of a blank than a form has.
        String segment = URLEncoder.encode(id, StandardCharsets.UTF_8).replace("+", "%20");
        return call(HttpMethod.GET, "/v1/messages/" + segment, Buffer.buffer());
    }

    private Future<Answer> call(HttpMethod method, String path, Buffer body) {
        return client.request(method, port, HOST, path).compose(request -> {
            request.idleTimeout(ANSWER_MAX_MS).putHeader("Authorization", KEY);
            if (method.equals(HttpMethod.POST)) {
                request.putHeader("Content-Type", "application/json");
            }
            return request.send(body).compose(response -> response.body()
                    .map(content -> new Answer(
                            response.statusCode(),
                            String.valueOf(response.headers().get("Content-Type")),
                            content)));
        });
    }
}
