package fanfare.gateway.auth;

import fanfare.gateway.session.CloseReason;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
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
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Asks the site, a bounded number of times at once, and makes sense of whatever it answers. Confined to the node loop. */
final class SiteClient {
    private static final System.Logger LOG = System.getLogger(SiteClient.class.getName());

    /** One request, from connect to the end of the body [ms]. */
    static final int TRY_MS_MAX = 3_000;
    /** All tries for one question [ms]. */
    static final int ASK_MS_MAX = 10_000;

    private static final int TRIES_MAX = 3;
    /** Wait before the second try, doubled before the third, plus jitter [ms]. */
    private static final int BACKOFF_MS = 200;
    /** Questions that wait for their turn; at the default in-flight limit that is more than the site can answer in 10 s. */
    private static final int QUEUE_MAX = 20_000;

    private static final int ANSWER_BYTES_MAX = 64 << 10;
    private static final long LOG_PERIOD_NS = TimeUnit.MINUTES.toNanos(1);

    /** The site could not be asked, or says that it cannot answer now. */
    private static final class Unavailable extends RuntimeException {
        /** How long the site wants to be left alone; 0 if it does not say [ms]. */
        private final long retryAfterMs;

        Unavailable(String message, long retryAfterMs) {
            super(message, null, false, false);
            this.retryAfterMs = retryAfterMs;
        }
    }

    private final Vertx vertx;
    private final HttpClient client;
    private final URI url;
    private final boolean anonymousAllowed;
    private final int inFlightMax;
    private final LongSupplier clock;
    private final DoubleSupplier random;
    private final MeterRegistry metrics;
    private final Timer seconds;
    private final Queue<Runnable> queue = new ArrayDeque<>();
    /** Read by metrics from other threads. */
    private final AtomicInteger inFlight = new AtomicInteger();

    private final AtomicInteger queued = new AtomicInteger();
    /** When a misconfiguration of the site was last logged [ns]. */
    private long loggedNs = System.nanoTime() - LOG_PERIOD_NS;

    SiteClient(Vertx vertx, AuthConfig config, LongSupplier clock, DoubleSupplier random, MeterRegistry metrics) {
        this.vertx = vertx;
        this.url = config.siteUrl();
        this.anonymousAllowed = config.anonymous() == AuthConfig.Anonymous.ALLOW;
        this.inFlightMax = config.inFlightMax();
        this.clock = clock;
        this.random = random;
        this.metrics = metrics;
        this.client = vertx.createHttpClient(
                new HttpClientOptions().setConnectTimeout(TRY_MS_MAX).setKeepAliveTimeout(30),
                new PoolOptions().setHttp1MaxSize(config.inFlightMax()));
        this.seconds = Timer.builder("fanfare_auth_seconds")
                .description("One request to the site, answered or not")
                .register(metrics);
        Gauge.builder("fanfare_auth_in_flight", inFlight, AtomicInteger::get)
                .description("Requests to the site under way")
                .register(metrics);
        Gauge.builder("fanfare_auth_queued", queued, AtomicInteger::get)
                .description("Questions to the site that wait for their turn; at most " + QUEUE_MAX)
                .register(metrics);
    }

    /** Asks who this is; fails with {@link LoginRefused} and nothing else. */
    Future<SiteAnswer> ask(Credentials credentials, boolean recheck) {
        return attempt(credentials, recheck, 1, clock.getAsLong() + ASK_MS_MAX);
    }

    void count(String result) {
        Counter.builder("fanfare_auth_total")
                .description("Questions who somebody is, by what came of them")
                .tag("result", result)
                .register(metrics)
                .increment();
    }

    private Future<SiteAnswer> attempt(Credentials credentials, boolean recheck, int number, long deadlineMs) {
        return inTurn(() -> request(credentials, recheck)).recover(failure -> {
            if (failure instanceof LoginRefused) {
                return Future.failedFuture(failure);
            }
            long asked = failure instanceof Unavailable unavailable ? unavailable.retryAfterMs : 0;
            long wait = Math.max(asked, (long) (BACKOFF_MS * number * (1 + random.getAsDouble())));
            if (number == TRIES_MAX || clock.getAsLong() + wait >= deadlineMs) {
                count("unavailable");
                return Future.failedFuture(new LoginRefused(CloseReason.SITE_UNAVAILABLE));
            }
            Promise<SiteAnswer> later = Promise.promise();
            vertx.setTimer(Math.max(1, wait), timer -> attempt(credentials, recheck, number + 1, deadlineMs)
                    .onComplete(later));
            return later.future();
        });
    }

    private Future<SiteAnswer> inTurn(Supplier<Future<SiteAnswer>> request) {
        if (inFlight.get() >= inFlightMax && queue.size() >= QUEUE_MAX) {
            count("overloaded");
            return Future.failedFuture(new LoginRefused(CloseReason.OVERLOADED));
        }
        Promise<SiteAnswer> promise = Promise.promise();
        queue.add(() -> request.get().onComplete(result -> {
            inFlight.decrementAndGet();
            promise.handle(result);
            next();
        }));
        next();
        return promise.future();
    }

    private void next() {
        while (inFlight.get() < inFlightMax && !queue.isEmpty()) {
            inFlight.incrementAndGet();
            queue.remove().run();
        }
        queued.set(queue.size());
    }

    private Future<SiteAnswer> request(Credentials credentials, boolean recheck) {
        long askedMs = clock.getAsLong();
        Timer.Sample sample = Timer.start();
        HttpClientRequest[] sent = new HttpClientRequest[1];
        return client.request(new RequestOptions()
                        .setMethod(HttpMethod.GET)
                        .setAbsoluteURI(url.toString())
                        .setFollowRedirects(false)
                        .setConnectTimeout(TRY_MS_MAX))
                .compose(request -> {
                    sent[0] = request;
                    credentials.headers().forEach(request::putHeader);
                    request.putHeader("Accept", "application/json");
                    if (recheck) {
                        request.putHeader("X-Fanfare-Recheck", "1");
                    }
                    return request.send();
                })
                .compose(response -> body(response).map(body -> understood(response, body)))
                .timeout(TRY_MS_MAX, TimeUnit.MILLISECONDS)
                .onComplete(result -> {
                    sample.stop(seconds);
                    if (result.failed() && sent[0] != null) {
                        // A late answer must not keep its connection, nor the site busy.
                        sent[0].reset();
                    }
                })
                .map(identity -> new SiteAnswer(identity, askedMs, clock.getAsLong()));
    }

    private static Future<Buffer> body(HttpClientResponse response) {
        Buffer body = Buffer.buffer();
        Promise<Buffer> whole = Promise.promise();
        response.handler(part -> {
            if (body.length() + part.length() > ANSWER_BYTES_MAX) {
                whole.tryFail("the answer is longer than " + ANSWER_BYTES_MAX + " bytes");
            } else {
                body.appendBuffer(part);
            }
        });
        response.exceptionHandler(whole::tryFail);
        response.endHandler(end -> whole.tryComplete(body));
        return whole.future();
    }

    private Identity understood(HttpClientResponse response, Buffer body) {
        int status = response.statusCode();
        if (status == 401 || status == 403) {
            return anonymous(Identity.ANONYMOUS);
        }
        if (status == 429 || status >= 500) {
            throw new Unavailable("status " + status, retryAfterMs(response.getHeader("Retry-After")));
        }
        Identity identity = status == 200 ? Identity.parse(body) : null;
        if (identity == null) {
            complain(status, response.getHeader("Location"));
            count("misconfigured");
            throw new LoginRefused(CloseReason.SITE_UNAVAILABLE);
        }
        if (identity.user() == null) {
            return anonymous(identity);
        }
        count("ok");
        return identity;
    }

    private Identity anonymous(Identity identity) {
        count(anonymousAllowed ? "anonymous" : "refused");
        if (!anonymousAllowed) {
            throw new LoginRefused(CloseReason.NOT_LOGGED_IN);
        }
        return identity;
    }

    private void complain(int status, @Nullable String location) {
        long now = System.nanoTime();
        if (now - loggedNs >= LOG_PERIOD_NS) {
            loggedNs = now;
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0} answered {1,number,#}{2} where a user was expected; answer 401 instead for visitors who are not"
                            + " logged in",
                    url,
                    status,
                    location == null
                            ? ""
                            : " (Location: "
                                    + CloseReason.NOT_LOGGED_IN
                                            .because(location)
                                            .text() + ")");
        }
    }

    /** Seconds only; a date would compare the site's clock with ours. */
    private static long retryAfterMs(@Nullable String header) {
        return header != null && header.matches("\\d{1,6}") ? Long.parseLong(header) * 1_000 : 0;
    }
}
