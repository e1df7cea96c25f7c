package fanfare.publisher.history;

import fanfare.broker.ChannelReader;
import fanfare.broker.Reading;
import fanfare.publisher.auth.Permission;
import fanfare.publisher.rate.Bulkhead;
import fanfare.publisher.rate.RateLimits;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import java.util.stream.Collectors;

/** {@code GET /v1/users/{user}/history}: what is kept for one user and has not expired, oldest first. */
public final class HistoryHandler implements Handler<RoutingContext> {
    /** A page is the oldest of what is asked for, so all of it is read; how long an inbox gets is the operator's choice. */
    public static final ChannelReader.Bounds EVERYTHING =
            new ChannelReader.Bounds(HistoryRequest.LIMIT_MAX, Long.MAX_VALUE);

    /** Each may bring some megabytes. */
    private static final int AT_ONCE = 2;

    private final ChannelReader reader;
    private final RateLimits rates;
    private final Bulkhead bulkhead;

    public HistoryHandler(ChannelReader reader, RateLimits rates, MeterRegistry metrics) {
        this.reader = reader;
        this.rates = rates;
        this.bulkhead = new Bulkhead("history", AT_ONCE, metrics);
    }

    @Override
    public void handle(RoutingContext context) {
        Permission.HISTORY_READ.requireSome(context);
        HistoryRequest request = HistoryRequest.of(context);
        rates.take(context, 1)
                .compose(taken -> bulkhead.pass(() -> read(context, request)))
                .onSuccess(text -> context.response()
                        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                        .end(text))
                .onFailure(context::fail);
    }

    private Future<String> read(RoutingContext context, HistoryRequest request) {
        Future<Long> now = reader.now(request.user());
        Future<Reading> reading = reader.read(request.user(), request.point());
        return Future.all(now, reading).map(done -> describe(context, request.limit(), reading.result(), now.result()));
    }

    /** As text, since an encoder would write the data anew. */
    private static String describe(RoutingContext context, int limit, Reading reading, long nowMs) {
        return reading.items().stream()
                .filter(item -> item.expiresMs() > nowMs)
                .filter(item -> Permission.HISTORY_READ.covers(context, item.namespace()))
                .limit(limit)
                .map(item -> KeptPublication.of(item).toJson())
                .collect(Collectors.joining(",", "{\"publications\":[", "]}"));
    }
}
