package fanfare.gateway.events;

import fanfare.gateway.auth.Origins;
import fanfare.gateway.protocol.Command;
import fanfare.gateway.protocol.Commands;
import fanfare.gateway.session.CloseReason;
import fanfare.gateway.session.Session;
import fanfare.gateway.sockjs.CrossOrigin;
import fanfare.gateway.sockjs.Entrance;
import fanfare.gateway.sockjs.Query;
import fanfare.http.Problem;
import fanfare.http.ProblemException;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.function.DoubleSupplier;

/** {@code GET /events}: an EventSource of its own rules. Confined to one event loop. */
public final class EventsHandler {
    /** A browser that was turned away comes back at a moment of its own up to this [ms]. */
    private static final int RETRY_MS_MAX = 10_000;

    private static final int RETRY_MS_MIN = 1_000;
    /** Whoever was refused is told a second; which moment of it is the browser's own. */
    private static final int REFUSED_SPREAD_MS = 1_000;

    private final Entrance entrance;
    private final Origins origins;
    private final DoubleSupplier random;

    public EventsHandler(Entrance entrance, Origins origins, DoubleSupplier random) {
        this.entrance = entrance;
        this.origins = origins;
        this.random = random;
    }

    public void install(Router router) {
        router.route("/events").handler(this::headers);
        router.options("/events").handler(context -> CrossOrigin.preflight(context, "OPTIONS, GET"));
        router.get("/events").handler(this::listen);
    }

    private void headers(RoutingContext context) {
        CrossOrigin.headers(context, origins, context.request().method().equals(HttpMethod.OPTIONS));
        context.next();
    }

    private void listen(RoutingContext context) {
        HttpServerRequest request = context.request();
        String last = request.getHeader("Last-Event-ID");
        if (EventsTransport.OVER.equals(last)) {
            // The one answer after which an EventSource does not come back by itself (HTML standard, 9.2.2).
            context.response().setStatusCode(204).end();
            return;
        }
        entrance.checkOrigin(request);
        Command.Hello asked = Commands.query(Query.of(request));
        Command.Hello hello = last == null || last.isEmpty() ? asked : asked.from(last);
        EventsTransport transport = new EventsTransport(context, retryMs(RETRY_MS_MIN, RETRY_MS_MAX));
        entrance.admit(request)
                .onSuccess(newcomer -> {
                    if (context.response().closed()) {
                        entrance.gone(newcomer);
                        return;
                    }
                    Session session = entrance.open(transport, newcomer);
                    transport.serve(session);
                    session.hello(hello);
                })
                .onFailure(failure -> {
                    if (failure instanceof ProblemException refusal && isForNow(refusal.problem())) {
                        int fromMs = 1_000 * refusal.retryAfterS();
                        new EventsTransport(context, retryMs(fromMs, fromMs + REFUSED_SPREAD_MS))
                                .close(CloseReason.OVERLOADED.because(String.valueOf(refusal.getMessage())));
                    } else {
                        context.fail(failure);
                    }
                });
    }

    private long retryMs(int min, int max) {
        return min + (long) ((max - min) * random.getAsDouble());
    }

    private static boolean isForNow(Problem problem) {
        return problem == Problem.UNAVAILABLE || problem == Problem.TOO_MANY_REQUESTS;
    }
}
