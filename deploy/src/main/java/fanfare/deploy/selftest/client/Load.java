package fanfare.deploy.selftest.client;

import fanfare.deploy.selftest.ledger.Ledger;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * The site's backends. Each caller publishes one thing after the other through one publisher, and tries again with the same
 * id until it is answered 2xx, as a careful backend does. Confined to the loop.
 */
public final class Load {
    /** A publisher and what its callers show. */
    public record Target(int port, String key) {}

    private static final int PRIVATE_CALLERS = 4;
    /** A private caller publishes one to four messages to one user, then rests so long [ms]. */
    private static final int RUN_MAX = 4;

    private static final long PRIVATE_REST_MS = 500;
    private static final long PUBLIC_REST_MS = 2_000;
    private static final int CONNECT_MS_MAX = 2_000;
    /** The publisher itself tries for 5 s. */
    private static final int ANSWER_S_MAX = 12;

    private static final long RETRY_MS = 250;
    /** After the end of the load, when a caller gives up what nobody acknowledges. */
    private static final long GIVE_UP_MS = 30_000;

    private final Loop loop;
    private final HttpClient http;
    private final List<Target> publishers;
    private final int users;
    private final Ledger ledger;
    private final RandomGenerator random;
    private final Promise<Void> idle = Promise.promise();
    private int callers;
    private int busy;
    private boolean stopping;
    private long stoppedMs;
    /** What was acknowledged is published again, and kept to be published once more. */
    private boolean repeating;

    private final List<JsonObject> repeated = new ArrayList<>();
    private int published;
    /** Answers that no backend should get: neither 2xx nor 503. */
    private int refused;

    public Load(Vertx vertx, Loop loop, List<Target> publishers, int users, Ledger ledger, RandomGenerator random) {
        this.loop = loop;
        this.http = vertx.createHttpClient(
                new HttpClientOptions().setConnectTimeout(CONNECT_MS_MAX).setIdleTimeout(ANSWER_S_MAX),
                new PoolOptions().setHttp1MaxSize(64));
        this.publishers = publishers;
        this.users = users;
        this.ledger = ledger;
        this.random = random;
    }

    /** Each publisher gets callers who publish to users, and one who publishes to everybody. */
    public void start() {
        for (Target publisher : publishers) {
            for (int i = 0; i < PRIVATE_CALLERS; i++) {
                turn(publisher, callers++, false);
            }
            turn(publisher, callers++, true);
        }
    }

    /** No new publications; those under way are seen through. */
    public Future<Void> stop() {
        stopping = true;
        stoppedMs = loop.nowMs();
        endIfIdle();
        return idle.future();
    }

    public void close() {
        http.close();
    }

    public static String user(int number) {
        return "user-" + number;
    }

    public int published() {
        return published;
    }

    public int refused() {
        return refused;
    }

    public void repeatEverything() {
        repeating = true;
    }

    /** Publishes all that was published since {@link #repeatEverything} once more, with the same ids. */
    public Future<Void> repeatOnceMore() {
        Future<Void> done = Future.succeededFuture();
        int place = 0;
        for (JsonObject body : repeated) {
            Target publisher = publishers.get(place++ % publishers.size());
            done = done.compose(before -> insist(publisher, body));
        }
        return done;
    }

    /** One publication of this size, by a caller of its own, beside the others. */
    public Future<Void> publishLarge(int channel, int bytes) {
        return publish(publishers.get(callers % publishers.size()), callers++, channel, bytes);
    }

    /** Something for everybody who hears everything, of which no books are kept. */
    public Future<Integer> flood(int bytes) {
        return post(
                publishers.get(0),
                new JsonObject()
                        .put("to", new JsonObject().put("broadcast", true))
                        .put("namespace", "/flood")
                        .put("event", "flood")
                        .put("data", "x".repeat(bytes)));
    }

    private void turn(Target publisher, int caller, boolean isPublic) {
        if (stopping) {
            return;
        }
        int channel = isPublic ? Ledger.BROADCAST : random.nextInt(users);
        int count = isPublic ? 1 : 1 + random.nextInt(RUN_MAX);
        Future<Void> done = Future.succeededFuture();
        for (int i = 0; i < count; i++) {
            done = done.compose(before -> publish(publisher, caller, channel, 0));
        }
        long restMs = isPublic ? PUBLIC_REST_MS : PRIVATE_REST_MS;
        done.onComplete(
                ended -> loop.after(restMs / 2 + random.nextLong(restMs), () -> turn(publisher, caller, isPublic)));
    }

    private Future<Void> publish(Target publisher, int caller, int channel, int bytes) {
        if (stopping) {
            return Future.succeededFuture();
        }
        published++;
        busy++;
        int number = ledger.published(channel, caller, loop.nowMs());
        JsonObject data = new JsonObject().put("number", number);
        JsonObject body = new JsonObject()
                .put(
                        "to",
                        channel == Ledger.BROADCAST
                                ? new JsonObject().put("broadcast", true)
                                : new JsonObject().put("user", user(channel)))
                .put("namespace", Bookmark.NAMESPACE)
                .put("event", "proof")
                .put("id", ledger.id(number))
                .put("data", bytes == 0 ? data : data.put("padding", "x".repeat(bytes)));
        return insist(publisher, body)
                .onSuccess(stored -> ledger.acknowledged(number, loop.nowMs()))
                .compose(stored -> repeating ? repeat(publisher, body) : Future.succeededFuture())
                .onComplete(done -> {
                    busy--;
                    endIfIdle();
                })
                .otherwiseEmpty();
    }

    /** The second of three times, through another publisher: its caller thinks that the first time failed. */
    private Future<Void> repeat(Target publisher, JsonObject body) {
        repeated.add(body);
        int other = (publishers.indexOf(publisher) + 1) % publishers.size();
        return insist(publishers.get(other), body);
    }

    /** Tries until it is stored; fails when it is refused, or nobody has acknowledged it long after the end of the load. */
    private Future<Void> insist(Target publisher, JsonObject body) {
        return post(publisher, body).otherwise(503).compose(status -> {
            if (status / 100 == 2) {
                return Future.succeededFuture();
            }
            if (status != 503) {
                refused++;
                return Future.failedFuture("status " + status);
            }
            if (stopping && loop.nowMs() - stoppedMs > GIVE_UP_MS) {
                return Future.failedFuture("nobody acknowledges it");
            }
            Promise<Void> later = Promise.promise();
            loop.after(RETRY_MS + random.nextLong(RETRY_MS), () -> insist(publisher, body)
                    .onComplete(later));
            return later.future();
        });
    }

    private Future<Integer> post(Target publisher, JsonObject body) {
        return http.request(new RequestOptions()
                        .setMethod(HttpMethod.POST)
                        .setHost("127.0.0.1")
                        .setPort(publisher.port())
                        .setURI("/v1/publish")
                        .addHeader("Authorization", "Bearer " + publisher.key())
                        .addHeader("Content-Type", "application/json"))
                .compose(request -> request.send(Buffer.buffer(body.encode())))
                .compose(response -> response.body().map(read -> response.statusCode()));
    }

    private void endIfIdle() {
        if (stopping && busy == 0) {
            idle.tryComplete();
        }
    }
}
