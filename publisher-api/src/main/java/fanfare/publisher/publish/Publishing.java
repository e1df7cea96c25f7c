package fanfare.publisher.publish;

import fanfare.broker.Broker;
import fanfare.broker.Durability;
import fanfare.broker.Mailing;
import fanfare.broker.Published;
import fanfare.channel.Channel;
import fanfare.channel.JsonString;
import fanfare.http.Problem;
import fanfare.http.ProblemException;
import fanfare.process.Bugs;
import fanfare.publisher.publish.PublishMetrics.Outcome;
import fanfare.receipt.ReceiptWriter;
import fanfare.redis.RedisDownException;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.StringJoiner;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Has the broker store what was asked for, counts what becomes of it and describes that to the caller. Confined to the
 * event loop of its broker.
 */
public final class Publishing {
    /** The way of a publication to the broker. */
    interface Way {
        /**
         * Sends what is asked for to one channel.
         *
         * @param mailing of which it is a part, as the request goes to many users; else null
         */
        Future<Published> send(Channel channel, PublishRequest request, @Nullable Mailing mailing);
    }

    /**
     * What became of a publication in one channel.
     *
     * @param receipt whether there is a receipt; null if none was asked for
     */
    private record Sent(Published published, @Nullable Boolean receipt) {}

    private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");

    /** From so many users on they are one mailing: with fewer, handing it on costs as much as is saved. */
    private static final int MAILING_USERS_MIN = 8;

    private final Vertx vertx;
    private final Broker broker;
    private final PublishRequest.Defaults defaults;
    private final PublishMetrics metrics;
    private final Receipts receipts;
    private final Bugs bugs;

    /**
     * @param ttlSecondsMax how long publications are kept, unless the caller says less [s]
     * @param receiptSeconds for how long it is noted down what becomes of one, if the caller asks for that [s]
     * @param ids makes an id for a publication that has none
     */
    public Publishing(
            Vertx vertx,
            Broker broker,
            ReceiptWriter receipts,
            int ttlSecondsMax,
            Durability durability,
            int receiptSeconds,
            Supplier<String> ids,
            MeterRegistry metrics) {
        this.vertx = vertx;
        this.broker = broker;
        this.defaults = new PublishRequest.Defaults(ttlSecondsMax, durability, receiptSeconds, ids);
        this.receipts = new Receipts(receipts, metrics);
        this.metrics = new PublishMetrics(metrics);
        this.bugs = new Bugs(metrics);
    }

    PublishRequest.Defaults defaults() {
        return defaults;
    }

    /** The way of a batch, of whose publications {@code durability} is the highest. */
    BatchQueue queue(Durability durability) {
        return new BatchQueue(vertx, broker, durability);
    }

    /** Refuses what the caller's key does not permit. */
    static PublishRequest permitted(PublishRequest request, RoutingContext context) {
        request.to().permission().require(context, request.publication().namespace());
        return request;
    }

    /** Takes note of a request, or of one in a batch, that came to nothing. */
    void refused() {
        metrics.count(Outcome.REFUSED);
    }

    /** Takes note of the time from {@code start} [ns] to an answer. */
    void answered(long start) {
        metrics.took(System.nanoTime() - start);
    }

    /**
     * Gives the answer for the caller as JSON; fails if the publication is not known to be stored in any channel.
     *
     * @param requestId of the HTTP request, for the log
     */
    Future<String> publish(PublishRequest request, String requestId) {
        if (!request.to().several()) {
            return toOne(request, (channel, one, none) -> broker.publish(channel, one.publication(), one.durability()));
        }
        BatchQueue queue = queue(request.durability());
        Future<String> answer = toSeveral(request, queue::send, requestId);
        queue.complete();
        return answer;
    }

    /** The same on the way of a batch. */
    Future<String> publish(PublishRequest request, Way way, String requestId) {
        return request.to().several() ? toSeveral(request, way, requestId) : toOne(request, way);
    }

    /** What a failure is to the caller of several things of which others succeeded. */
    JsonObject problem(Throwable failure, String requestId) {
        if (failure instanceof ProblemException refusal) {
            return refusal.toJson();
        }
        // Nobody further up sees this one.
        bugs.met("publish, request " + requestId, failure);
        return Problem.INTERNAL.because("this is a bug; the log has more").toJson();
    }

    /** Answers a request that came to this. */
    static void answer(RoutingContext context, String json) {
        context.response().putHeader(HttpHeaders.CONTENT_TYPE, JSON).end(Buffer.buffer(json));
    }

    private Future<String> toOne(PublishRequest request, Way way) {
        return send(request, request.to().channels().get(0), null, way)
                .map(sent -> describe("id", request.publication().id(), sent, request.durability()));
    }

    private Future<String> toSeveral(PublishRequest request, Way way, String requestId) {
        List<Channel> channels = request.to().channels();
        Mailing mailing = isMailing(request) ? new Mailing(request.publication()) : null;
        List<Future<Sent>> outcomes = channels.stream()
                .map(channel -> send(request, channel, mailing, way))
                .toList();
        return Future.join(outcomes).transform(joined -> {
            if (outcomes.stream().noneMatch(Future::succeeded)) {
                return Future.failedFuture(joined.cause());
            }
            StringJoiner results = new StringJoiner(
                    ",", "{\"id\":" + JsonString.of(request.publication().id()) + ",\"results\":[", "]}");
            for (int i = 0; i < channels.size(); i++) {
                String user = channels.get(i).name();
                results.add(result(user, outcomes.get(i), request.durability(), requestId));
            }
            return Future.succeededFuture(results.toString());
        });
    }

    private static boolean isMailing(PublishRequest request) {
        return request.to().channels().size() >= MAILING_USERS_MIN && request.durability() == Durability.MASTER;
    }

    private String result(String user, Future<Sent> outcome, Durability durability, String requestId) {
        return outcome.succeeded()
                ? describe("user", user, outcome.result(), durability)
                : problem(outcome.cause(), requestId).put("user", user).encode();
    }

    /** An answer that begins with a field by which the caller knows it. */
    private static String describe(String name, String value, Sent sent, Durability durability) {
        Published published = sent.published();
        return "{\"" + name + "\":" + JsonString.of(value)
                + ",\"position\":\"" + published.position()
                + "\",\"duplicate\":" + published.duplicate()
                + ",\"routed\":" + published.routed()
                + (durability == Durability.REPLICATED ? ",\"replicated\":" + published.replicated() : "")
                + (sent.receipt() == null ? "" : ",\"receipt\":" + sent.receipt())
                + "}";
    }

    private Future<Sent> send(PublishRequest request, Channel channel, @Nullable Mailing mailing, Way way) {
        return way.send(channel, request, mailing)
                .transform(result -> result.succeeded()
                        ? stored(request, channel, result.result())
                        : Future.failedFuture(failed(request, result.cause())));
    }

    private Future<Sent> stored(PublishRequest request, Channel channel, Published published) {
        metrics.count(published.duplicate() ? Outcome.DUPLICATE : Outcome.STORED);
        return receipts.noted(request.publication(), channel, published).map(receipt -> new Sent(published, receipt));
    }

    private Throwable failed(PublishRequest request, Throwable failure) {
        if (failure instanceof RedisDownException) {
            metrics.count(Outcome.UNAVAILABLE);
            return Problem.UNAVAILABLE.because(
                    "it is not known to be stored and may still arrive; send it again with this id and it arrives once: "
                            + request.publication().id());
        }
        metrics.count(Outcome.FAILED);
        return failure;
    }
}
