package fanfare.http;

import fanfare.process.Alarm;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Ends HTTP connections whose peer dawdles: over the first request's head, over a body, or between two requests, the time
 * for reading the answer to the former included. An idle time-out alone would not do, since one byte every few seconds keeps
 * it from ending. Confined to one event loop; put {@link #connected} on the server and the guard itself on the router, before
 * everything else.
 */
public final class ConnectionGuard implements Handler<RoutingContext> {
    private static final Duration LOOK = Duration.ofSeconds(1);
    /** Where a request keeps its guard. */
    private static final String KEY = ConnectionGuard.class.getName();

    private static final Duration HEAD_MAX = Duration.ofSeconds(10);
    private static final Duration KEEP_ALIVE_MAX = Duration.ofSeconds(75);

    /** What a connection is waited for: a request, the rest of {@code reading}, or its end. */
    private record Wait(long deadlineNs, @Nullable RoutingContext reading, boolean closing) {}

    /** Rings for a look at who is late. */
    private final Alarm alarm;

    private final Duration bodyMax;
    private final Duration keepAliveMax;
    private final Counter ended;
    /** Only connections that owe us something; a stream or WebSocket that is served is not among them. */
    private final Map<HttpConnection, Wait> waits = new HashMap<>();
    /** The last request of each connection that has one: of pipelined ones the next begins before the former's end is told. */
    private final Map<HttpConnection, RoutingContext> serving = new HashMap<>();

    /** Makes the guard of the current event loop. */
    public ConnectionGuard(Vertx vertx, Duration bodyMax, MeterRegistry metrics) {
        this(vertx, bodyMax, KEEP_ALIVE_MAX, metrics);
    }

    ConnectionGuard(Vertx vertx, Duration bodyMax, Duration keepAliveMax, MeterRegistry metrics) {
        this.alarm = new Alarm(vertx, LOOK, this::look);
        this.bodyMax = bodyMax;
        this.keepAliveMax = keepAliveMax;
        this.ended = Counter.builder("fanfare_http_dawdlers_total")
                .description("HTTP connections ended because their peer took too long to send a head or a body")
                .register(metrics);
    }

    /** Starts the wait for a connection's first request. */
    public void connected(HttpConnection connection) {
        await(connection, HEAD_MAX, null);
        connection.closeHandler(closed -> forget(connection));
    }

    /** The request's connection becomes something else than HTTP, and no guard's affair. */
    public static void release(RoutingContext context) {
        if (context.get(KEY) instanceof ConnectionGuard guard) {
            guard.forget(context.request().connection());
        }
    }

    private void forget(HttpConnection connection) {
        waits.remove(connection);
        serving.remove(connection);
    }

    @Override
    public void handle(RoutingContext context) {
        context.put(KEY, this);
        HttpServerRequest request = context.request();
        HttpConnection connection = request.connection();
        serving.put(connection, context);
        if (request.isEnded()) {
            waits.remove(connection);
        } else {
            await(connection, bodyMax, context);
        }
        context.addEndHandler(result -> {
            if (!serving.remove(connection, context)) {
                return;
            }
            if (result.succeeded() && !context.response().closed()) {
                await(connection, keepAliveMax, null);
            } else {
                waits.remove(connection);
            }
        });
        context.next();
    }

    private void await(HttpConnection connection, Duration max, @Nullable RoutingContext reading) {
        watch(connection, max, reading, false);
    }

    private void watch(HttpConnection connection, Duration max, @Nullable RoutingContext reading, boolean closing) {
        waits.put(connection, new Wait(System.nanoTime() + max.toNanos(), reading, closing));
        alarm.set();
    }

    /** Goes on for as long as somebody is waited for: a loop with WebSockets alone is not woken up in vain. */
    private void look() {
        sweep(System.nanoTime());
        if (!waits.isEmpty()) {
            alarm.set();
        }
    }

    private void sweep(long now) {
        List<HttpConnection> dawdlers = new ArrayList<>();
        List<HttpConnection> deaf = new ArrayList<>();
        waits.entrySet().removeIf(entry -> {
            Wait wait = entry.getValue();
            if (wait.reading() != null && wait.reading().request().isEnded()) {
                return true;
            }
            boolean late = now - wait.deadlineNs() > 0;
            if (late && wait.closing()) {
                deaf.add(entry.getKey());
            } else if (late) {
                ended.increment();
                if (wait.reading() != null && !wait.reading().response().headWritten()) {
                    ProblemHandler.answer(wait.reading(), Problem.TIMEOUT.because("the body did not arrive in time"));
                } else {
                    dawdlers.add(entry.getKey());
                }
            }
            return late;
        });
        for (HttpConnection dawdler : dawdlers) {
            // It ends when all is written, which a peer that does not read can put off for ever.
            watch(dawdler, keepAliveMax, null, true);
            dawdler.close();
        }
        deaf.forEach(Reset::connection);
    }
}
