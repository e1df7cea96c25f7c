package fanfare.publisher.publish;

import fanfare.broker.Broker;
import fanfare.broker.Durability;
import fanfare.broker.Published;
import fanfare.channel.Channel;
import fanfare.http.Problem;
import fanfare.http.ProblemException;
import fanfare.publisher.json.UnknownFields;
import fanfare.publisher.publish.PublishMetrics.Outcome;
import fanfare.redis.RedisDownException;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.function.Supplier;

/** {@code POST /v1/publish}: puts one event on one or several channels and answers with its place in each. */
public final class PublishHandler implements Handler<RoutingContext> {
    private static final System.Logger LOG = System.getLogger(PublishHandler.class.getName());

    private final Broker broker;
    private final PublishRequest.Defaults defaults;
    private final UnknownFields unknownFields;
    private final PublishMetrics metrics;

    /**
     * @param ttlSecondsMax how long publications are kept, unless the caller says less [s]
     * @param ids makes an id for a publication that has none
     */
    public PublishHandler(
            Broker broker,
            int ttlSecondsMax,
            Durability durability,
            Supplier<String> ids,
            UnknownFields unknownFields,
            MeterRegistry metrics) {
        this.broker = broker;
        this.defaults = new PublishRequest.Defaults(ttlSecondsMax, durability, ids);
        this.unknownFields = unknownFields;
        this.metrics = new PublishMetrics(metrics);
    }

    @Override
    public void handle(RoutingContext context) {
        long start = System.nanoTime();
        PublishRequest request = permitted(context);
        unknownFields.ignored("publish", request.unknown());
        Future<JsonObject> answer = request.to().several() ? toSeveral(request) : toOne(request);
        answer.onComplete(result -> metrics.took(System.nanoTime() - start))
                .onSuccess(context::json)
                .onFailure(context::fail);
    }

    private PublishRequest permitted(RoutingContext context) {
        try {
            PublishRequest request = PublishRequest.parse(context.body().buffer(), defaults);
            request.to().permission().require(context, request.publication().namespace());
            return request;
        } catch (ProblemException refusal) {
            metrics.count(Outcome.REFUSED);
            throw refusal;
        }
    }

    private Future<JsonObject> toOne(PublishRequest request) {
        JsonObject answer = new JsonObject().put("id", request.publication().id());
        return publish(request, request.to().channels().get(0))
                .map(published -> describe(answer, published, request.durability()));
    }

    private Future<JsonObject> toSeveral(PublishRequest request) {
        List<Channel> channels = request.to().channels();
        List<Future<Published>> outcomes =
                channels.stream().map(channel -> publish(request, channel)).toList();
        return Future.join(outcomes).transform(joined -> {
            if (outcomes.stream().noneMatch(Future::succeeded)) {
                return Future.failedFuture(joined.cause());
            }
            JsonArray results = new JsonArray();
            for (int i = 0; i < channels.size(); i++) {
                String user = channels.get(i).name();
                results.add(result(user, outcomes.get(i), request.durability()));
            }
            return Future.succeededFuture(
                    new JsonObject().put("id", request.publication().id()).put("results", results));
        });
    }

    private static JsonObject result(String user, Future<Published> outcome, Durability durability) {
        if (outcome.succeeded()) {
            return describe(new JsonObject().put("user", user), outcome.result(), durability);
        }
        ProblemException problem = outcome.cause() instanceof ProblemException refusal
                ? refusal
                : Problem.INTERNAL.because("this is a bug; the log has more");
        return problem.toJson().put("user", user);
    }

    private static JsonObject describe(JsonObject answer, Published published, Durability durability) {
        answer.put("position", published.position().toString())
                .put("duplicate", published.duplicate())
                .put("routed", published.routed());
        return durability == Durability.REPLICATED ? answer.put("replicated", published.replicated()) : answer;
    }

    private Future<Published> publish(PublishRequest request, Channel channel) {
        return broker.publish(channel, request.publication(), request.durability())
                .onSuccess(published -> metrics.count(published.duplicate() ? Outcome.DUPLICATE : Outcome.STORED))
                .recover(failure -> Future.failedFuture(refused(request, failure)));
    }

    private Throwable refused(PublishRequest request, Throwable failure) {
        if (failure instanceof RedisDownException) {
            metrics.count(Outcome.UNAVAILABLE);
            return Problem.UNAVAILABLE.because(
                    "it is not known to be stored and may still arrive; send it again with this id and it arrives once: "
                            + request.publication().id());
        }
        metrics.count(Outcome.FAILED);
        if (request.to().several()) {
            // Nobody further up sees this one when another user's publication was stored.
            LOG.log(System.Logger.Level.ERROR, "publish", failure);
        }
        return failure;
    }
}
