package fanfare.publisher.json;

import fanfare.http.RequestId;
import fanfare.process.RareLine;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** Says now and then that a caller sends fields which nobody reads. Confined to one event loop. */
public final class UnknownFields {
    private static final System.Logger LOG = System.getLogger(UnknownFields.class.getName());
    /** Whatever is sent, one event loop logs a line in this time. */
    private static final Duration PERIOD = Duration.ofSeconds(10);

    private static final int NAME_LENGTH_MAX = 64;

    private final RareLine line;

    public UnknownFields(LongSupplier nanoTime) {
        this.line = new RareLine(PERIOD, nanoTime);
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
        line.write(unsaid -> LOG.log(
                System.Logger.Level.INFO,
                "{0}, request {1}, was sent fields that do not exist and were ignored: {2} ({3} more such requests before)",
                call,
                requestId,
                String.join(", ", paths.stream().map(UnknownFields::readable).toList()),
                Integer.toString(unsaid)));
    }

    /** A caller's words may not break the log's lines. */
    private static String readable(String path) {
        return path.substring(0, Math.min(path.length(), NAME_LENGTH_MAX)).replaceAll("[^ -~]", "?");
    }
}
