package fanfare.publisher.publish;

import fanfare.http.Problem;
import fanfare.http.ProblemException;
import fanfare.http.RequestId;
import fanfare.publisher.json.UnknownFields;
import fanfare.publisher.rate.RateLimits;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.StringJoiner;

/** {@code POST /v1/batch}: publishes up to 1,000 publications, each judged on its own, and answers for each in order. */
public final class BatchHandler implements Handler<RoutingContext> {
    private final Publishing publishing;
    private final RateLimits rates;
    private final UnknownFields unknownFields;

    public BatchHandler(Publishing publishing, RateLimits rates, UnknownFields unknownFields) {
        this.publishing = publishing;
        this.rates = rates;
        this.unknownFields = unknownFields;
    }

    @Override
    public void handle(RoutingContext context) {
        long start = System.nanoTime();
        String requestId = RequestId.of(context);
        BatchRequest batch = parse(context);
        List<Future<PublishRequest>> permitted = batch.publications().stream()
                .map(each -> each.map(request -> Publishing.permitted(request, context)))
                .toList();
        permitted.stream().filter(Future::failed).forEach(refusal -> publishing.refused());
        rates.take(context, cost(permitted))
                .onFailure(refusal -> publishing.refused())
                .compose(taken -> publish(batch, permitted, requestId).onComplete(result -> publishing.answered(start)))
                .onSuccess(json -> Publishing.answer(context, json))
                .onFailure(context::fail);
    }

    /** Tokens: one for each place of those publications that are permitted; no batch is for nothing. */
    private static int cost(List<Future<PublishRequest>> permitted) {
        int places = permitted.stream()
                .filter(Future::succeeded)
                .mapToInt(each -> each.result().to().channels().size())
                .sum();
        return Math.max(1, places);
    }

    private Future<String> publish(BatchRequest batch, List<Future<PublishRequest>> permitted, String requestId) {
        BatchQueue queue = publishing.queue(batch.durability());
        List<Future<String>> outcomes = permitted.stream()
                .map(each -> each.compose(request -> publishing.publish(request, queue::send, requestId)))
                .toList();
        queue.complete();
        return Future.join(outcomes).transform(joined -> answer(batch.id(), outcomes, requestId));
    }

    private BatchRequest parse(RoutingContext context) {
        try {
            return unknownFields.read(context, "batch", json -> BatchRequest.parse(json, publishing.defaults()));
        } catch (ProblemException refusal) {
            publishing.refused();
            throw refusal;
        }
    }

    private Future<String> answer(String id, List<Future<String>> outcomes, String requestId) {
        if (outcomes.stream().noneMatch(Future::succeeded) && outcomes.stream().anyMatch(BatchHandler::isUnavailable)) {
            return Future.failedFuture(Problem.UNAVAILABLE.because(
                    "none is known to be stored, and all may still arrive; send them again with the same ids and each "
                            + "arrives once; the id of one that had none is this, then its index: " + id + "-"));
        }
        StringJoiner results = new StringJoiner(",", "{\"results\":[", "]}");
        outcomes.forEach(outcome -> results.add(
                outcome.succeeded()
                        ? outcome.result()
                        : publishing.problem(outcome.cause(), requestId).encode()));
        return Future.succeededFuture(results.toString());
    }

    private static boolean isUnavailable(Future<String> outcome) {
        return outcome.cause() instanceof ProblemException refusal && refusal.problem() == Problem.UNAVAILABLE;
    }
}
