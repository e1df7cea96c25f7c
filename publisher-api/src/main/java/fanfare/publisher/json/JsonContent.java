package fanfare.publisher.json;

import fanfare.http.Problem;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import java.util.regex.Pattern;

/** Refuses a body that does not say that it is JSON in UTF-8, before any of it is read. */
public final class JsonContent implements Handler<RoutingContext> {
    /** Possessive, so that a header of 8,000 blanks is not tried in 8,000 ways. */
    private static final Pattern JSON =
            Pattern.compile("(?i)application/json\\s*+(;\\s*+charset\\s*+=\\s*+\"?utf-8\"?\\s*+)?+;?+\\s*+");

    @Override
    public void handle(RoutingContext context) {
        String type = context.request().getHeader(HttpHeaders.CONTENT_TYPE);
        if (type == null || !JSON.matcher(type).matches()) {
            throw Problem.UNSUPPORTED_MEDIA_TYPE.because("Content-Type must be application/json");
        }
        String encoding = context.request().getHeader(HttpHeaders.CONTENT_ENCODING);
        if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
            throw Problem.UNSUPPORTED_MEDIA_TYPE.because("Content-Encoding is not supported");
        }
        context.next();
    }
}
