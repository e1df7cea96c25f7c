package fanfare.publisher.rate;

import fanfare.process.Alarm;
import fanfare.publisher.auth.Caller;
import fanfare.publisher.auth.Rate;
import fanfare.redis.Keys;
import fanfare.redis.RedisLinks;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/** Has each request pay for itself out of its key's bucket. Confined to the event loop of its links. */
public final class RateLimits {
    private static final Duration TICK = Duration.ofMillis(50);

    private final TokenBucket buckets;
    private final Rate standard;
    private final LongSupplier clockNs;
    private final MeterRegistry metrics;
    private final Counter unchecked;
    /** Rings for as long as there are allowances. */
    private final Alarm ticking;

    /** By key id: those of keys that asked for something lately, so no more than there are keys. */
    private final Map<String, Allowance> allowances = new HashMap<>();

    /** @param standard the rate of keys that have none of their own */
    public RateLimits(
            Vertx vertx, RedisLinks redis, Keys keys, Rate standard, LongSupplier clockNs, MeterRegistry metrics) {
        this.buckets = new TokenBucket(redis, keys);
        this.standard = standard;
        this.clockNs = clockNs;
        this.ticking = new Alarm(vertx, TICK, this::tick);
        this.metrics = metrics;
        this.unchecked = Counter.builder("fanfare_rate_unchecked_total")
                .description("Requests that no rate limit was asked about, since Redis did not answer")
                .register(metrics);
    }

    /**
     * Takes tokens of the request's key; at once if this loop has them, after a question to Redis otherwise.
     *
     * @return fails with {@link fanfare.http.Problem#TOO_MANY_REQUESTS} if the key has used up what it may
     */
    public Future<Void> take(RoutingContext context, int tokens) {
        Caller caller = Caller.of(context);
        Rate own = caller.rate();
        Rate rate = own == null ? standard : own;
        if (!rate.isLimited()) {
            return Future.succeededFuture();
        }
        ticking.set();
        return allowances
                .computeIfAbsent(caller.keyId(), keyId -> allowance(keyId, rate))
                .take(rate, tokens);
    }

    private void tick() {
        allowances.values().removeIf(Allowance::tick);
        if (!allowances.isEmpty()) {
            ticking.set();
        }
    }

    private Allowance allowance(String keyId, Rate rate) {
        Counter limited = limited(keyId);
        return new Allowance(
                keyId,
                rate,
                (current, needed, wanted) -> buckets.take(keyId, current, needed, wanted),
                new Allowance.Outcomes() {
                    @Override
                    public void refused() {
                        limited.increment();
                    }

                    @Override
                    public void unchecked() {
                        unchecked.increment();
                    }
                },
                clockNs);
    }

    private Counter limited(String keyId) {
        return Counter.builder("fanfare_rate_limited_total")
                .description("Requests refused since their key had used up its rate")
                .tag("key", keyId)
                .register(metrics);
    }
}
