package fanfare.http;

import fanfare.process.Bugs;
import fanfare.redis.Refusal;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/** The one place where failures become answers: refusals as problems, anything else as a plain 500, since it is a bug. */
public final class ProblemHandler implements Handler<RoutingContext> {
    /** How long a refused body may go on arriving. */
    private static final int LINGER_MS = 2_000;

    /** What vertx-web's BodyHandler fails with when a body breaks off or its chunks make no sense. */
    private static final int BODY_UNREADABLE = 200;

    private final Bugs bugs;

    public ProblemHandler(MeterRegistry metrics) {
        this.bugs = new Bugs(metrics);
    }

    /** Answers every failure of a router, its own 404, 405, 413 and 415 included. */
    public void install(Router router) {
        router.route().failureHandler(this);
        for (int status : new int[] {400, 404, 405, 408, 413, 414, 415, 500}) {
            // A path with a broken escape fails while routes are matched, and then only this status says so.
            router.errorHandler(status, context -> answer(context, status));
        }
    }

    @Override
    public void handle(RoutingContext context) {
        answer(context, context.statusCode());
    }

    private void answer(RoutingContext context, int status) {
        if (context.response().ended() || context.response().closed()) {
            return;
        }
        if (context.response().headWritten()) {
            context.request().connection().close();
            return;
        }
        answer(context, problemOf(context, status));
    }

    /** Answers one request with a problem. */
    public static void answer(RoutingContext context, ProblemException refusal) {
        HttpServerResponse response = context.response();
        response.setStatusCode(refusal.problem().status())
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/problem+json")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        switch (refusal.problem()) {
            case UNAUTHORIZED -> response.putHeader("WWW-Authenticate", "Bearer");
            case UNAVAILABLE, TOO_MANY_REQUESTS ->
                response.putHeader("Retry-After", Integer.toString(refusal.retryAfterS()));
            default -> {}
        }
        if (!context.request().isEnded()) {
            response.putHeader(HttpHeaders.CONNECTION, "close");
            context.addEndHandler(end -> lingerThenClose(context));
        }
        response.end(refusal.toJson().toBuffer());
    }

    /** Answers a request whose head is no HTTP: no route ever sees it. */
    public static void unreadable(HttpServerRequest request) {
        Throwable cause = request.decoderResult().cause();
        boolean tooLong = cause instanceof TooLongHttpLineException || cause instanceof TooLongHttpHeaderException;
        ProblemException refusal =
                Problem.INVALID.because(tooLong ? "the request's head is too long" : "the request is not HTTP");
        request.response()
                .setStatusCode(refusal.problem().status())
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/problem+json")
                .putHeader(HttpHeaders.CONNECTION, "close")
                .end(refusal.toJson().toBuffer())
                .onComplete(written -> request.connection().close());
    }

    /**
     * Drops what is left of a refused body for a moment. Closing at once would reset the connection of a peer that is
     * still sending, and the answer would be lost with it.
     */
    private static void lingerThenClose(RoutingContext context) {
        HttpServerRequest request = context.request();
        HttpConnection connection = request.connection();
        if (request.isEnded()) {
            connection.close();
            return;
        }
        long timer = context.vertx().setTimer(LINGER_MS, late -> connection.close());
        request.handler(rest -> {})
                .endHandler(end -> {
                    context.vertx().cancelTimer(timer);
                    connection.close();
                })
                .resume();
    }

    private ProblemException problemOf(RoutingContext context, int status) {
        if (context.failure() instanceof ProblemException refusal) {
            return refusal;
        }
        if (Refusal.isOrDown(context.failure())) {
            return Problem.UNAVAILABLE.because("Redis cannot be asked just now");
        }
        for (Problem problem : Problem.values()) {
            if (problem.status() == status && status >= 400 && status < 500) {
                return problem.because(
                        switch (problem) {
                            case INVALID -> "its path or query cannot be decoded; write a percent sign as %25";
                            case NOT_FOUND -> "there is nothing at this path";
                            case METHOD_NOT_ALLOWED ->
                                "this path does not take " + context.request().method();
                            case TOO_LARGE -> "the body is too large";
                            default -> problem.title();
                        });
            }
        }
        if ((status >= 400 && status < 500) || status == BODY_UNREADABLE) {
            return Problem.INVALID.because("the request could not be read");
        }
        bugs.met(
                context.request().method() + " " + context.request().path() + ", request " + RequestId.of(context),
                context.failure());
        return Problem.INTERNAL.because("this is a bug; the log has more");
    }
}
