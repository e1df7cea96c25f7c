package fanfare.testing;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The site's backend, as far as a gateway knows it: {@code GET /push/auth} on a real port. By default the cookie
 * {@code site_session=USER} or {@code site_session=USER~ANYTHING} is a login of that user, whose session is the whole value,
 * and no cookie is a 401; {@link #answer} has it say anything else.
 */
public final class TestSite implements AutoCloseable {
    private static final String COOKIE = "site_session=";

    /** One request as it arrived; header names in lower case. */
    public record Request(Map<String, String> headers) {
        public @Nullable String header(String name) {
            return headers.get(name);
        }

        /** The login in the request's cookies, or null. */
        public @Nullable String login() {
            for (String cookie : headers.getOrDefault("cookie", "").split("; ?", -1)) {
                if (cookie.startsWith(COOKIE)) {
                    return cookie.substring(COOKIE.length());
                }
            }
            return null;
        }
    }

    public record Answer(int status, Map<String, String> headers, String body) {
        public static Answer of(int status) {
            return new Answer(status, Map.of(), "");
        }

        public static Answer of(JsonObject body) {
            return new Answer(200, Map.of("Content-Type", "application/json"), body.encode());
        }
    }

    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final HttpServer server;
    private volatile Function<Request, Answer> answers = TestSite::byLogin;
    /** Answers waiting for {@link #release}; guarded by itself. */
    private final List<Runnable> held = new ArrayList<>();
    /** Guarded by {@link #held}. */
    private boolean holding;

    private TestSite(Vertx vertx) {
        server = vertx.createHttpServer().requestHandler(this::take);
        try {
            server.listen(0, "127.0.0.1")
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(20, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException("the test's site did not start", e);
        }
    }

    public static TestSite start(Vertx vertx) {
        return new TestSite(vertx);
    }

    /** For {@code FANFARE_SITE_AUTH_URL}. */
    public String authUrl() {
        return "http://127.0.0.1:" + server.actualPort() + "/push/auth";
    }

    /** The headers of a browser that is logged in so. */
    public static Map<String, String> login(String login) {
        return Map.of("Cookie", COOKIE + login);
    }

    /** From now on answers like this. */
    public void answer(Function<Request, Answer> answers) {
        this.answers = answers;
    }

    public void answer(Answer answer) {
        answer(request -> answer);
    }

    /** From now on takes requests and says nothing until {@link #release}. */
    public void hold() {
        synchronized (held) {
            holding = true;
        }
    }

    /** Answers everything that was held, by the rules that hold now. */
    public void release() {
        List<Runnable> due;
        synchronized (held) {
            holding = false;
            due = List.copyOf(held);
            held.clear();
        }
        due.forEach(Runnable::run);
    }

    /** Everything asked so far. */
    public List<Request> requests() {
        return List.copyOf(requests);
    }

    /** What was asked so far about this login. */
    public List<Request> requests(String login) {
        return requests.stream()
                .filter(request -> login.equals(request.login()))
                .toList();
    }

    /** The default rule: whose login it is, or 401. */
    public static Answer byLogin(Request request) {
        String login = request.login();
        if (login == null) {
            return Answer.of(401);
        }
        return Answer.of(new JsonObject().put("user", login.split("~", 2)[0]).put("session", login));
    }

    @Override
    public void close() {
        release();
        var unused = server.close();
    }

    private void take(HttpServerRequest http) {
        Map<String, String> headers = new HashMap<>();
        http.headers()
                .forEach((name, value) ->
                        headers.merge(name.toLowerCase(Locale.ROOT), value, (first, second) -> first + ", " + second));
        Request request = new Request(Map.copyOf(headers));
        requests.add(request);
        Runnable reply = () -> reply(http, answers.apply(request));
        synchronized (held) {
            if (holding) {
                held.add(reply);
                return;
            }
        }
        reply.run();
    }

    private static void reply(HttpServerRequest http, Answer answer) {
        http.response().setStatusCode(answer.status());
        answer.headers().forEach((name, value) -> http.response().putHeader(name, value));
        http.response().end(answer.body()).onFailure(gone -> {});
    }
}
