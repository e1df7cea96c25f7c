package fanfare.publisher.publish;

import fanfare.http.ProblemException;
import fanfare.http.RequestId;
import fanfare.publisher.json.UnknownFields;
import fanfare.publisher.rate.RateLimits;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;

/** {@code POST /v1/publish}: puts one event on one or several channels and answers with its place in each. */
public final class PublishHandler implements Handler<RoutingContext> {
    private final Publishing publishing;
    private final RateLimits rates;
    private final UnknownFields unknownFields;

    public PublishHandler(Publishing publishing, RateLimits rates, UnknownFields unknownFields) {
        this.publishing = publishing;
        this.rates = rates;
        this.unknownFields = unknownFields;
    }

    @Override
    public void handle(RoutingContext context) {
        long start = System.nanoTime();
        PublishRequest request = permitted(context);
        rates.take(context, request.to().channels().size())
                .onFailure(refusal -> publishing.refused())
                .compose(taken -> publishing
                        .publish(request, RequestId.of(context))
                        .onComplete(result -> publishing.answered(start)))
                .onSuccess(json -> Publishing.answer(context, json))
                .onFailure(context::fail);
    }

    private PublishRequest permitted(RoutingContext context) {
        try {
            PublishRequest request =
                    unknownFields.read(context, "publish", json -> PublishRequest.parse(json, publishing.defaults()));
            return Publishing.permitted(request, context);
        } catch (ProblemException refusal) {
            publishing.refused();
            throw refusal;
        }
    }
}
