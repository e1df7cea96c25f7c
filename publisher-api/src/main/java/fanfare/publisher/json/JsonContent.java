package fanfare.publisher.json;

import fanfare.http.Problem;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.regex.Pattern;

/** Refuses a body that does not say that it is JSON in UTF-8, perhaps as gzip, before any of it is read. */
public final class JsonContent implements Handler<RoutingContext> {
    private static final String GZIP = "gzip";

    /** Possessive, so that a header of 8,000 blanks is not tried in 8,000 ways. */
    private static final Pattern JSON =
            Pattern.compile("(?i)application/json\\s*+(;\\s*+charset\\s*+=\\s*+\"?utf-8\"?\\s*+)?+;?+\\s*+");

    @Override
    public void handle(RoutingContext context) {
        String type = context.request().getHeader(HttpHeaders.CONTENT_TYPE);
        // Nearly all say it in these very letters.
        if (type == null
                || (!type.equals("application/json") && !JSON.matcher(type).matches())) {
            throw Problem.UNSUPPORTED_MEDIA_TYPE.because("Content-Type must be application/json");
        }
        String encoding = encoding(context.request());
        if (!encoding.equalsIgnoreCase("identity") && !encoding.equalsIgnoreCase(GZIP)) {
            context.response().putHeader(HttpHeaders.ACCEPT_ENCODING, GZIP);
            throw Problem.UNSUPPORTED_MEDIA_TYPE.because("Content-Encoding must be gzip, if the body has one");
        }
        context.next();
    }

    /** Whether a request that passed here says that its body is packed. */
    static boolean isGzip(HttpServerRequest request) {
        return encoding(request).equalsIgnoreCase(GZIP);
    }

    /** Several lines are one list (RFC 9110, 5.3). */
    private static String encoding(HttpServerRequest request) {
        List<String> lines = request.headers().getAll(HttpHeaders.CONTENT_ENCODING);
        return lines.isEmpty() ? "identity" : String.join(", ", lines);
    }
}
