package fanfare.publisher.json;

import fanfare.http.Problem;
import fanfare.http.ProblemException;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.impl.RoutingContextInternal;
import java.util.regex.Pattern;

/**
 * Reads a body, up to {@link JsonBody#BYTES_MAX} and as far as there is room for what has arrived. The library's own handler
 * would take all that callers send, or have us set aside whatever they announce, however slowly it comes.
 */
public final class BodyReader implements Handler<RoutingContext> {
    private static final Pattern LENGTH = Pattern.compile("\\d{1,18}");

    private final BodyRoom room;

    public BodyReader(BodyRoom room) {
        this.room = room;
    }

    @Override
    public void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (request.isEnded()) {
            context.next();
            return;
        }
        if (announced(request) > JsonBody.BYTES_MAX) {
            throw tooLarge();
        }
        if (request.version() != HttpVersion.HTTP_1_0
                && "100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
            context.response().writeContinue();
        }
        Buffer body = Buffer.buffer();
        request.exceptionHandler(failure -> context.fail(Problem.INVALID.because("the request could not be read")))
                .handler(chunk -> {
                    if (!context.failed()) {
                        read(context, body, chunk);
                    }
                })
                .endHandler(end -> {
                    if (!context.failed()) {
                        ((RoutingContextInternal) context).setBody(body);
                        context.next();
                    }
                });
    }

    private void read(RoutingContext context, Buffer body, Buffer chunk) {
        try {
            if (chunk.length() > JsonBody.BYTES_MAX - body.length()) {
                throw tooLarge();
            }
            room.take(context, chunk.length());
            body.appendBuffer(chunk);
        } catch (ProblemException refusal) {
            context.fail(refusal);
        }
    }

    private static ProblemException tooLarge() {
        return Problem.TOO_LARGE.because("the body is too large");
    }

    /** 0 if it is not said, or makes no sense. */
    private static long announced(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return length != null && LENGTH.matcher(length).matches() ? Long.parseLong(length) : 0;
    }
}
