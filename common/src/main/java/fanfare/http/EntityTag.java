package fanfare.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.Arrays;

/** Conditional requests (RFC 9110, 13.1.2). */
public final class EntityTag {
    private static final String WEAK = "W/";

    private EntityTag() {}

    /** Answers with a content and its tag, or with 304 if who asks has it. */
    public static void answer(RoutingContext context, String tag, String type, Buffer content) {
        HttpServerResponse response = context.response().putHeader(HttpHeaders.ETAG, tag);
        if (isHeld(context.request(), tag)) {
            response.setStatusCode(304).end();
        } else {
            response.putHeader(HttpHeaders.CONTENT_TYPE, type).end(content);
        }
    }

    /** A proxy that compresses makes a strong tag a weak one. */
    private static boolean isHeld(HttpServerRequest request, String tag) {
        String held = request.getHeader(HttpHeaders.IF_NONE_MATCH);
        return held != null
                && Arrays.stream(held.split(","))
                        .map(String::trim)
                        .map(each -> each.startsWith(WEAK) ? each.substring(WEAK.length()) : each)
                        .anyMatch(each -> each.equals(tag) || each.equals("*"));
    }
}
