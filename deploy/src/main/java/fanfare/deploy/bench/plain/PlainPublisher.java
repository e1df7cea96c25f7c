package fanfare.deploy.bench.plain;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Takes the same requests as our publisher, and makes one PUBLISH of each message; those of a batch in one go. */
final class PlainPublisher extends VerticleBase {
    private final Redis redis;
    private final int port;
    private @Nullable RedisConnection connection;

    PlainPublisher(Redis redis, int port) {
        this.redis = redis;
        this.port = port;
    }

    static String channel(String user) {
        return "user:" + user;
    }

    @Override
    public Future<?> start() {
        return redis.connect().compose(connected -> {
            connection = connected;
            return vertx.createHttpServer().requestHandler(this::handle).listen(port, PlainProcess.LOOPBACK);
        });
    }

    private void handle(HttpServerRequest request) {
        boolean post = request.method().equals(HttpMethod.POST);
        if (post && "/v1/publish".equals(request.path())) {
            answer(request, request.body().compose(this::publish));
        } else if (post && "/v1/batch".equals(request.path())) {
            answer(request, request.body().compose(this::publishAll));
        } else {
            request.response()
                    .setStatusCode(PlainProcess.READY.equals(request.path()) ? 200 : 404)
                    .end();
        }
    }

    private Future<JsonObject> publish(Buffer body) {
        RedisConnection current = connection;
        return current == null
                ? Future.failedFuture("no Redis")
                : current.send(command(body.toJsonObject())).map(PlainPublisher::routed);
    }

    private Future<JsonObject> publishAll(Buffer body) {
        RedisConnection current = connection;
        if (current == null) {
            return Future.failedFuture("no Redis");
        }
        JsonArray messages = body.toJsonObject().getJsonArray("publications");
        return current.batch(IntStream.range(0, messages.size())
                        .mapToObj(i -> command(messages.getJsonObject(i)))
                        .toList())
                .map(answers -> new JsonObject()
                        .put(
                                "results",
                                new JsonArray(answers.stream()
                                        .map(PlainPublisher::routed)
                                        .toList())));
    }

    private static Request command(JsonObject message) {
        JsonObject event = new JsonObject()
                .put("type", "event")
                .put("namespace", message.getString("namespace"))
                .put("event", message.getString("event"))
                .put("data", message.getValue("data"));
        return Request.cmd(Command.PUBLISH)
                .arg(channel(message.getJsonObject("to").getString("user")))
                .arg(event.toBuffer());
    }

    private static JsonObject routed(@Nullable Response answer) {
        return new JsonObject().put("routed", answer == null ? 0 : answer.toInteger());
    }

    private static void answer(HttpServerRequest request, Future<JsonObject> outcome) {
        outcome.onSuccess(json -> request.response()
                        .putHeader("Content-Type", "application/json")
                        .end(json.toBuffer()))
                .onFailure(failure -> request.response().setStatusCode(500).end());
    }
}
