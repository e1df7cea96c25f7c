package fanfare.http;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** What one request is called in its answer's {@code X-Request-Id} and in every log line about it. */
public final class RequestId {
    private static final String HEADER = "X-Request-Id";
    /** What a caller may call it: nothing that breaks a line of a log, or fills it. */
    private static final Pattern USABLE = Pattern.compile("[A-Za-z0-9._-]{1,128}");

    private RequestId() {}

    /**
     * Puts the caller's id on the answer, or a new one if it sent none that can be used. Comes before everything that may
     * answer or log.
     */
    public static void assign(HttpServerRequest request, Supplier<String> ids) {
        List<String> sent = request.headers().getAll(HEADER);
        boolean usable = sent.size() == 1 && USABLE.matcher(sent.get(0)).matches();
        request.response().putHeader(HEADER, usable ? sent.get(0) : ids.get());
    }

    /** The id of a request, {@code -} on a server that assigns none. */
    public static String of(RoutingContext context) {
        return Objects.requireNonNullElse(context.response().headers().get(HEADER), "-");
    }
}
