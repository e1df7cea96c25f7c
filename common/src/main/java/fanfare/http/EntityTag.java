package fanfare.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.Arrays;

/** Conditional requests (RFC 9110, 13.1.2). */
public final class EntityTag {
    private static final String WEAK = "W/";

    private EntityTag() {}

    /** Whether who asks has what the tag stands for; a proxy that compresses makes a strong tag a weak one. */
    public static boolean isHeld(HttpServerRequest request, String tag) {
        String held = request.getHeader(HttpHeaders.IF_NONE_MATCH);
        return held != null
                && Arrays.stream(held.split(","))
                        .map(String::trim)
                        .map(each -> each.startsWith(WEAK) ? each.substring(WEAK.length()) : each)
                        .anyMatch(each -> each.equals(tag) || each.equals("*"));
    }
}
