package fanfare.publisher.json;

import fanfare.http.Problem;
import fanfare.http.ProblemException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.impl.RoutingContextInternal;

/** Unpacks a body that was sent as gzip; those behind it do not know how it was sent. */
public final class GzipBody implements Handler<RoutingContext> {
    private final BodyRoom room;
    private final Counter tooLarge;

    public GzipBody(BodyRoom room, MeterRegistry metrics) {
        this.room = room;
        this.tooLarge = Counter.builder("fanfare_http_gzip_too_large_total")
                .description("Bodies refused because they unpack to more than a body may have")
                .register(metrics);
    }

    @Override
    public void handle(RoutingContext context) {
        if (JsonContent.isGzip(context.request()) && context.body().buffer() != null) {
            try {
                Buffer unpacked = Gunzip.unpacked(context.body().buffer(), JsonBody.BYTES_MAX);
                room.take(context, unpacked.length());
                // Vert.x has no other way for a handler to give those behind it another body.
                ((RoutingContextInternal) context).setBody(unpacked);
            } catch (ProblemException refusal) {
                if (refusal.problem() == Problem.TOO_LARGE) {
                    tooLarge.increment();
                }
                throw refusal;
            }
        }
        context.next();
    }
}
