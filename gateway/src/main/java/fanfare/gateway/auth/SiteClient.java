package fanfare.gateway.auth;

import fanfare.http.RetryAfter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Asks the site once and reads its answer. Follows no redirect, keeps no cookie. Confined to the node loop. */
final class SiteClient {
    private static final int BODY_BYTES_MAX = 64 * 1024;
    /** Shorter than what sites allow (Apache and Node.js: 5 s), or a kept connection dies just as it is used [s]. */
    private static final int KEEP_ALIVE_S = 4;

    private final Vertx vertx;
    private final URI url;
    private final int timeoutMs;
    private final LongSupplier wallMs;
    private final SiteLog log;
    private final HttpClient client;
    private final Timer seconds;

    SiteClient(Vertx vertx, URI url, AuthLimits limits, LongSupplier wallMs, SiteLog log, MeterRegistry metrics) {
        this.vertx = vertx;
        this.url = url;
        this.timeoutMs = (int) limits.timeout().toMillis();
        this.wallMs = wallMs;
        this.log = log;
        this.client = vertx.createHttpClient(
                new HttpClientOptions().setConnectTimeout(timeoutMs).setKeepAliveTimeout(KEEP_ALIVE_S),
                new PoolOptions().setHttp1MaxSize(limits.inFlightMax()));
        this.seconds = Timer.builder("fanfare_auth_seconds")
                .description("How long the site took for one answer, or until it was given up")
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofMillis(1))
                .maximumExpectedValue(limits.timeout())
                .register(metrics);
    }

    /** Never fails: what goes wrong on the way is an {@link Answer.Unavailable}. */
    Future<Answer> ask(Credentials credentials, boolean recheck) {
        long begun = System.nanoTime();
        Exchange exchange = new Exchange();
        long timer = vertx.setTimer(timeoutMs, late -> exchange.fail("no answer within " + timeoutMs + " ms"));
        // Vert.x closes the client when it ends, which then throws.
        Future.succeededFuture(options(credentials, recheck))
                .compose(client::request)
                .onComplete(made -> {
                    if (made.succeeded()) {
                        exchange.send(made.result());
                    } else {
                        exchange.fail(String.valueOf(made.cause().getMessage()));
                    }
                });
        return exchange.answer.future().onComplete(done -> {
            vertx.cancelTimer(timer);
            seconds.record(System.nanoTime() - begun, TimeUnit.NANOSECONDS);
        });
    }

    Future<Void> close() {
        return client.close();
    }

    private RequestOptions options(Credentials credentials, boolean recheck) {
        RequestOptions options = new RequestOptions()
                .setMethod(HttpMethod.GET)
                .setAbsoluteURI(url.toString())
                .setFollowRedirects(false)
                .putHeader(HttpHeaders.ACCEPT, "application/json")
                .putHeader("X-Forwarded-For", credentials.clientAddress());
        put(options, "Cookie", credentials.cookie());
        put(options, "User-Agent", credentials.userAgent());
        put(options, "Accept-Language", credentials.acceptLanguage());
        put(options, "Origin", credentials.origin());
        return recheck ? options.putHeader("X-Fanfare-Recheck", "1") : options;
    }

    private static void put(RequestOptions options, String name, @Nullable String value) {
        if (value != null) {
            options.putHeader(name, value);
        }
    }

    /** One request and its answer, whichever comes first: the site's, a failure, or the end of our patience. */
    private final class Exchange {
        final Promise<Answer> answer = Promise.promise();
        private final Buffer body = Buffer.buffer();
        private @Nullable HttpClientRequest request;
        /** What the status alone says; null until the head came, and for a 200, whose body must speak. */
        private @Nullable Answer byStatus;

        void send(HttpClientRequest made) {
            request = made;
            if (answer.future().isComplete()) {
                made.reset();
                return;
            }
            made.exceptionHandler(failure -> fail(String.valueOf(failure.getMessage())));
            made.send().onComplete(head -> {
                if (head.failed()) {
                    fail(String.valueOf(head.cause().getMessage()));
                } else if (!answer.future().isComplete()) {
                    read(head.result());
                }
            });
        }

        /** Ends the exchange and its connection. */
        void fail(String why) {
            settle(byStatus != null ? byStatus : new Answer.Unavailable(why, 0));
        }

        private void read(HttpClientResponse response) {
            byStatus = response.statusCode() == 200 ? null : byStatus(response);
            response.exceptionHandler(failure -> fail(String.valueOf(failure.getMessage())));
            // Bodies nobody reads are taken in too: only then can their connection serve the next request.
            response.handler(chunk -> {
                if (body.length() + chunk.length() <= BODY_BYTES_MAX) {
                    body.appendBuffer(chunk);
                } else {
                    settle(byStatus != null ? byStatus : misconfigured("a body of more than 65,536 bytes"));
                }
            });
            response.endHandler(end -> answer.tryComplete(byStatus != null ? byStatus : parsed()));
        }

        private void settle(Answer result) {
            if (answer.tryComplete(result) && request != null) {
                request.reset();
            }
        }

        private Answer parsed() {
            try {
                return new Answer.Known(Identity.parse(body, log::remark));
            } catch (IllegalArgumentException e) {
                return misconfigured(String.valueOf(e.getMessage()));
            }
        }

        private Answer misconfigured(String what) {
            return new Answer.Misconfigured(log.misconfigured("200 and " + what, null));
        }
    }

    private Answer byStatus(HttpClientResponse response) {
        int status = response.statusCode();
        if (status == 401 || status == 403) {
            return new Answer.NotLoggedIn();
        }
        if (status == 429 || status >= 500) {
            return new Answer.Unavailable(
                    "status " + status, RetryAfter.ms(response.getHeader("Retry-After"), wallMs.getAsLong()));
        }
        return new Answer.Misconfigured(log.misconfigured(Integer.toString(status), response.getHeader("Location")));
    }
}
