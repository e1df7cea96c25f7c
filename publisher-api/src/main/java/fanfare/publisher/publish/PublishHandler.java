package fanfare.publisher.publish;

import fanfare.http.ProblemException;
import fanfare.http.RequestId;
import fanfare.publisher.json.JsonBody;
import fanfare.publisher.json.UnknownFields;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;

/** {@code POST /v1/publish}: puts one event on one or several channels and answers with its place in each. */
public final class PublishHandler implements Handler<RoutingContext> {
    private final Publishing publishing;
    private final UnknownFields unknownFields;

    public PublishHandler(Publishing publishing, UnknownFields unknownFields) {
        this.publishing = publishing;
        this.unknownFields = unknownFields;
    }

    @Override
    public void handle(RoutingContext context) {
        long start = System.nanoTime();
        PublishRequest request = permitted(context);
        publishing
                .publish(request, publishing::send, RequestId.of(context))
                .onComplete(result -> publishing.answered(start))
                .onSuccess(context::json)
                .onFailure(context::fail);
    }

    private PublishRequest permitted(RoutingContext context) {
        try {
            JsonBody json = JsonBody.of(context.body().buffer());
            PublishRequest request = PublishRequest.parse(json, publishing.defaults());
            unknownFields.ignored("publish", RequestId.of(context), json.unknown());
            return Publishing.permitted(request, context);
        } catch (ProblemException refusal) {
            publishing.refused();
            throw refusal;
        }
    }
}
