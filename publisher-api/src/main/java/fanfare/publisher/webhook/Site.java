package fanfare.publisher.webhook;

import fanfare.http.RetryAfter;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Posts batches to the site, one at a time. Follows no redirect. */
final class Site {
    /**
     * What came of a request.
     *
     * @param askedMs for how long the site wants to be left alone [ms]
     * @param why it was not accepted
     */
    record Answer(boolean accepted, long askedMs, String why) {
        static Answer failed(String why) {
            return new Answer(false, 0, why);
        }

        /** Its cause says more than a failed handshake does. */
        static Answer failed(Throwable failure) {
            Throwable cause = failure.getCause();
            return failed(failure.getMessage() + (cause == null ? "" : ": " + cause.getMessage()));
        }
    }

    /** What the site says beside its status is of no use; a little is read, so that the connection can be kept. */
    private static final int BODY_BYTES_MAX = 64 * 1024;
    /** Shorter than what sites allow (Apache and Node.js: 5 s), or a kept connection dies just as it is used [s]. */
    private static final int KEEP_ALIVE_S = 4;
    /** However long the site asks for [ms]. */
    private static final long ASKED_MS_MAX = TimeUnit.MINUTES.toMillis(5);

    private final Vertx vertx;
    private final WebhookConfig config;
    private final Secrets secrets;
    private final LongSupplier clockMs;
    private final WebhookMetrics metrics;
    private final HttpClient client;

    Site(Vertx vertx, WebhookConfig config, Secrets secrets, LongSupplier clockMs, WebhookMetrics metrics) {
        this.vertx = vertx;
        this.config = config;
        this.secrets = secrets;
        this.clockMs = clockMs;
        this.metrics = metrics;
        this.client = vertx.createHttpClient(
                new HttpClientOptions()
                        .setConnectTimeout((int) config.timeout().toMillis())
                        .setKeepAliveTimeout(KEEP_ALIVE_S),
                new PoolOptions().setHttp1MaxSize(1));
    }

    /**
     * Sends a batch and waits for the answer. Never fails.
     *
     * @param still asked when the connection is there: whether it is to be sent at all
     */
    Future<Answer> post(Batch batch, BooleanSupplier still) {
        long begun = System.nanoTime();
        Exchange exchange = new Exchange();
        long timer = vertx.setTimer(
                config.timeout().toMillis(),
                late -> exchange.end(
                        Answer.failed("no answer in " + config.timeout().toMillis() + " ms")));
        client.request(new RequestOptions()
                        .setMethod(HttpMethod.POST)
                        .setAbsoluteURI(config.url().toString())
                        .setFollowRedirects(false))
                .onComplete(made -> {
                    if (made.failed()) {
                        exchange.end(Answer.failed(made.cause()));
                    } else {
                        exchange.send(made.result(), batch, still);
                    }
                });
        return exchange.answer.future().onComplete(done -> {
            vertx.cancelTimer(timer);
            metrics.posted(System.nanoTime() - begun);
        });
    }

    Future<Void> close() {
        return client.close();
    }

    /** One request, until its answer was read, something failed or the time was up. */
    private final class Exchange {
        final Promise<Answer> answer = Promise.promise();
        private @Nullable HttpClientRequest request;
        /** What the head said; the rest changes nothing. */
        private @Nullable Answer head;

        private int bytes;

        void send(HttpClientRequest made, Batch batch, BooleanSupplier still) {
            request = made;
            if (answer.future().isComplete() || !still.getAsBoolean()) {
                made.reset();
                answer.tryComplete(Answer.failed("the lease ended"));
                return;
            }
            long nowS = TimeUnit.MILLISECONDS.toSeconds(clockMs.getAsLong());
            made.putHeader("Content-Type", "application/json")
                    .putHeader("User-Agent", "Fanfare")
                    .putHeader("webhook-id", batch.id)
                    .putHeader("webhook-timestamp", Long.toString(nowS))
                    .putHeader("webhook-signature", secrets.sign(batch.id, nowS, batch.body))
                    .exceptionHandler(failure -> end(Answer.failed(failure)));
            made.send(batch.toBuffer()).onComplete(sent -> {
                if (sent.failed()) {
                    end(Answer.failed(sent.cause()));
                } else {
                    read(sent.result());
                }
            });
        }

        private void read(HttpClientResponse response) {
            Answer said = answer(response);
            head = said;
            response.exceptionHandler(failure -> end(said));
            response.handler(chunk -> {
                bytes += chunk.length();
                if (bytes > BODY_BYTES_MAX) {
                    end(said);
                }
            });
            response.endHandler(end -> answer.tryComplete(said));
        }

        /** Ends the exchange before its time, and its connection. */
        void end(Answer otherwise) {
            if (answer.tryComplete(head == null ? otherwise : head) && request != null) {
                request.reset();
            }
        }
    }

    private Answer answer(HttpClientResponse response) {
        int status = response.statusCode();
        if (status >= 200 && status < 300) {
            return new Answer(true, 0, "");
        }
        long asked = status == 429 || status == 503
                ? RetryAfter.ms(response.getHeader("Retry-After"), clockMs.getAsLong())
                : 0;
        return new Answer(false, Math.min(asked, ASKED_MS_MAX), "status " + status);
    }
}
