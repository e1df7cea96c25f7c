package fanfare.publisher;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A site that is told who comes and goes, on a real port: it keeps what it was told, and answers as the test says. */
final class HookSite implements AutoCloseable {
    /** Says nothing for ever. */
    static final int SILENCE = 0;

    static final String SECRET = "whsec_" + Base64.getEncoder().encodeToString(new byte[32]);

    /** One request; its status is that of the answer. */
    record Post(String path, String id, long timestamp, String signature, String body, int status) {
        List<JsonObject> events() {
            return new JsonObject(body)
                    .getJsonArray("events").stream().map(JsonObject.class::cast).toList();
        }
    }

    private final List<Post> posts = new CopyOnWriteArrayList<>();
    private final HttpServer server;
    private volatile Function<Post, Integer> answers = post -> 204;
    /** Answers that wait for {@link #release}; guarded by itself. */
    private final List<Runnable> held = new ArrayList<>();
    /** Guarded by {@link #held}. */
    private boolean holding;

    HookSite(Vertx vertx) throws Exception {
        server = vertx.createHttpServer().requestHandler(this::take);
        server.listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    String url(String path) {
        return "http://127.0.0.1:" + server.actualPort() + path;
    }

    void answer(Function<Post, Integer> answers) {
        this.answers = answers;
    }

    /** From now on takes requests and says nothing until {@link #release}. */
    void hold() {
        synchronized (held) {
            holding = true;
        }
    }

    boolean isHolding() {
        synchronized (held) {
            return !held.isEmpty();
        }
    }

    void release() {
        synchronized (held) {
            holding = false;
            held.forEach(Runnable::run);
            held.clear();
        }
    }

    List<Post> posts() {
        return List.copyOf(posts);
    }

    List<Post> posts(String path) {
        return posts.stream().filter(post -> post.path().equals(path)).toList();
    }

    /** What it has accepted, in the order in which it came. */
    List<JsonObject> events() {
        return posts.stream()
                .filter(post -> post.status() / 100 == 2)
                .flatMap(post -> post.events().stream())
                .toList();
    }

    List<String> changesOf(String user) {
        return events().stream()
                .filter(event -> event.getString("user").equals(user))
                .map(event -> event.getString("type"))
                .toList();
    }

    Map<String, List<JsonObject>> eventsByUser() {
        return events().stream().collect(Collectors.groupingBy(event -> event.getString("user")));
    }

    @Override
    public void close() {
        var unused = server.close();
    }

    private void take(HttpServerRequest request) {
        request.body().onSuccess(body -> {
            assertThat(request.method().name()).isEqualTo("POST");
            assertThat(request.getHeader("Content-Type")).isEqualTo("application/json");
            Post asked = new Post(
                    request.path(),
                    request.getHeader("webhook-id"),
                    Long.parseLong(request.getHeader("webhook-timestamp")),
                    request.getHeader("webhook-signature"),
                    body.toString(),
                    SILENCE);
            synchronized (held) {
                if (holding) {
                    held.add(() -> reply(request, asked));
                    return;
                }
            }
            reply(request, asked);
        });
    }

    private void reply(HttpServerRequest request, Post asked) {
        boolean genuine = asked.signature().equals(signature(asked));
        int status = genuine ? answers.apply(asked) : 401;
        posts.add(new Post(asked.path(), asked.id(), asked.timestamp(), asked.signature(), asked.body(), status));
        if (status != SILENCE) {
            request.response()
                    .setStatusCode(status)
                    .putHeader("Location", "/elsewhere")
                    .putHeader("Retry-After", "1")
                    .end("{\"any\":\"body\"}".repeat(status == 200 ? 10_000 : 0));
        }
    }

    private static String signature(Post post) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(new byte[32], "HmacSHA256"));
            String signed = post.id() + "." + post.timestamp() + "." + post.body();
            return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(signed.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
