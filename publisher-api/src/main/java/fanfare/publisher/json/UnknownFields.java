package fanfare.publisher.json;

import fanfare.http.RequestId;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** Says now and then that a caller sends fields which nobody reads. Confined to one event loop. */
public final class UnknownFields {
    private static final System.Logger LOG = System.getLogger(UnknownFields.class.getName());
    /** Whatever is sent, one event loop logs a line in this time. */
    private static final long PERIOD_NS = TimeUnit.SECONDS.toNanos(10);

    private static final int NAME_LENGTH_MAX = 64;

    private final LongSupplier nanoTime;
    /** When the last line was logged [ns]. */
    private long loggedAt;
    /** Requests since then that had such fields. */
    private int unsaid;

    public UnknownFields(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.loggedAt = nanoTime.getAsLong() - PERIOD_NS;
    }

    /** A request's body, as {@code parse} reads it; what that leaves is ignored, and told now and then. */
    public <T> T read(RoutingContext context, String call, Function<JsonBody, T> parse) {
        JsonBody json = JsonBody.of(context.body().buffer());
        T request = parse.apply(json);
        ignored(call, RequestId.of(context), json.unknown());
        return request;
    }

    /** Takes note of one request's unknown fields. */
    void ignored(String call, String requestId, List<String> paths) {
        if (paths.isEmpty()) {
            return;
        }
        long now = nanoTime.getAsLong();
        if (now - loggedAt < PERIOD_NS) {
            unsaid++;
            return;
        }
        LOG.log(
                System.Logger.Level.INFO,
                "{0}, request {1}, was sent fields that do not exist and were ignored: {2} ({3} more such requests before)",
                call,
                requestId,
                String.join(", ", paths.stream().map(UnknownFields::readable).toList()),
                Integer.toString(unsaid));
        loggedAt = now;
        unsaid = 0;
    }

    /** A caller's words may not break the log's lines. */
    private static String readable(String path) {
        return path.substring(0, Math.min(path.length(), NAME_LENGTH_MAX)).replaceAll("[^ -~]", "?");
    }
}
