package fanfare.publisher.publish;

import fanfare.broker.Broker;
import fanfare.broker.Durability;
import fanfare.broker.Mailing;
import fanfare.broker.Published;
import fanfare.channel.Channel;
import fanfare.http.Problem;
import fanfare.http.ProblemException;
import fanfare.publisher.publish.PublishMetrics.Outcome;
import fanfare.receipt.ReceiptWriter;
import fanfare.redis.RedisDownException;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
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

    private static final System.Logger LOG = System.getLogger(Publishing.class.getName());

    /** From so many users on they are one mailing: with fewer, handing it on costs as much as is saved. */
    private static final int MAILING_USERS_MIN = 8;

    private final Broker broker;
    private final PublishRequest.Defaults defaults;
    private final PublishMetrics metrics;
    private final Receipts receipts;

    /**
     * @param ttlSecondsMax how long publications are kept, unless the caller says less [s]
     * @param receiptSeconds for how long it is noted down what becomes of one, if the caller asks for that [s]
     * @param ids makes an id for a publication that has none
     */
    public Publishing(
            Broker broker,
            ReceiptWriter receipts,
            int ttlSecondsMax,
            Durability durability,
            int receiptSeconds,
            Supplier<String> ids,
            MeterRegistry metrics) {
        this.broker = broker;
        this.defaults = new PublishRequest.Defaults(ttlSecondsMax, durability, receiptSeconds, ids);
        this.receipts = new Receipts(receipts, metrics);
        this.metrics = new PublishMetrics(metrics);
    }

    PublishRequest.Defaults defaults() {
        return defaults;
    }

    /** The straight way. */
    Future<Published> send(Channel channel, PublishRequest request, @Nullable Mailing mailing) {
        return mailing == null
                ? broker.publish(channel, request.publication(), request.durability())
                : broker.publish(channel, mailing, null);
    }

    /** The way of a batch, of whose publications {@code durability} is the highest. */
    BatchQueue queue(Durability durability) {
        return new BatchQueue(broker, durability);
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
     * Gives the answer for the caller; fails if the publication is not known to be stored in any channel.
     *
     * @param requestId of the HTTP request, for the log
     */
    Future<JsonObject> publish(PublishRequest request, Way way, String requestId) {
        return request.to().several() ? toSeveral(request, way, requestId) : toOne(request, way);
    }

    /** What a failure is to the caller of several things of which others succeeded. */
    static JsonObject problem(Throwable failure, String requestId) {
        if (failure instanceof ProblemException refusal) {
            return refusal.toJson();
        }
        // Nobody further up sees this one.
        LOG.log(System.Logger.Level.ERROR, "publish, request " + requestId, failure);
        return Problem.INTERNAL.because("this is a bug; the log has more").toJson();
    }

    private Future<JsonObject> toOne(PublishRequest request, Way way) {
        JsonObject answer = new JsonObject().put("id", request.publication().id());
        return send(request, request.to().channels().get(0), null, way)
                .map(sent -> describe(answer, sent, request.durability()));
    }

    private Future<JsonObject> toSeveral(PublishRequest request, Way way, String requestId) {
        List<Channel> channels = request.to().channels();
        Mailing mailing = isMailing(request) ? new Mailing(request.publication()) : null;
        List<Future<Sent>> outcomes = channels.stream()
                .map(channel -> send(request, channel, mailing, way))
                .toList();
        return Future.join(outcomes).transform(joined -> {
            if (outcomes.stream().noneMatch(Future::succeeded)) {
                return Future.failedFuture(joined.cause());
            }
            JsonArray results = new JsonArray();
            for (int i = 0; i < channels.size(); i++) {
                String user = channels.get(i).name();
                results.add(result(user, outcomes.get(i), request.durability(), requestId));
            }
            return Future.succeededFuture(
                    new JsonObject().put("id", request.publication().id()).put("results", results));
        });
    }

    private static boolean isMailing(PublishRequest request) {
        return request.to().channels().size() >= MAILING_USERS_MIN && request.durability() == Durability.MASTER;
    }

    private static JsonObject result(String user, Future<Sent> outcome, Durability durability, String requestId) {
        return outcome.succeeded()
                ? describe(new JsonObject().put("user", user), outcome.result(), durability)
                : problem(outcome.cause(), requestId).put("user", user);
    }

    private static JsonObject describe(JsonObject answer, Sent sent, Durability durability) {
        Published published = sent.published();
        answer.put("position", published.position().toString())
                .put("duplicate", published.duplicate())
                .put("routed", published.routed());
        if (durability == Durability.REPLICATED) {
            answer.put("replicated", published.replicated());
        }
        return sent.receipt() == null ? answer : answer.put("receipt", sent.receipt());
    }

    private Future<Sent> send(PublishRequest request, Channel channel, @Nullable Mailing mailing, Way way) {
        return way.send(channel, request, mailing)
                .onSuccess(published -> metrics.count(published.duplicate() ? Outcome.DUPLICATE : Outcome.STORED))
                .recover(failure -> Future.failedFuture(failed(request, failure)))
                .compose(published -> receipts.noted(request.publication(), channel, published)
                        .map(receipt -> new Sent(published, receipt)));
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
