package fanfare.publisher;

import fanfare.config.RedisConfig;
import fanfare.publisher.webhook.Secrets;
import fanfare.publisher.webhook.WebhookConfig;
import fanfare.publisher.webhook.WebhookLimits;
import fanfare.publisher.webhook.WebhookVerticle;
import fanfare.redis.Keys;
import fanfare.redis.Shards;
import fanfare.testing.Await;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Duration;

/** A publisher's part in webhooks with short times, here or, as {@link #main}, in a process that can be stopped and killed. */
final class WebhookWorker implements AutoCloseable {
    /** A machine that is busy for longer has its owner taken for dead, and then the other one is the owner. */
    static final Duration LEASE = Duration.ofMillis(1_500);

    private final MeterRegistry metrics = new SimpleMeterRegistry();
    private final Vertx vertx;
    private final String id;

    WebhookWorker(
            Vertx vertx,
            String redisUrl,
            String prefix,
            String hookUrl,
            Duration lease,
            int batchMax,
            Duration retryMax) {
        this.vertx = vertx;
        Secrets secrets = new Secrets();
        secrets.replace(HookSite.SECRET);
        this.id = Await.result(vertx.deployVerticle(new WebhookVerticle(
                new WebhookConfig(URI.create(hookUrl), "", batchMax, Duration.ofSeconds(1), retryMax),
                new WebhookLimits(
                        lease,
                        Duration.ofMillis(300),
                        Duration.ofMillis(100),
                        Duration.ofMillis(50),
                        Duration.ofMillis(50),
                        Duration.ofMillis(200)),
                Shards.of(vertx, new RedisConfig(redisUrl, prefix)),
                new Keys(prefix),
                secrets,
                metrics)));
    }

    public static void main(String[] args) {
        new WebhookWorker(Vertx.vertx(), args[0], args[1], args[2], LEASE, 100, Duration.ofHours(1));
    }

    double count(String name) {
        return metrics.get("fanfare_webhook_" + name + "_total").counter().count();
    }

    double gauge(String name) {
        return metrics.get("fanfare_webhook_" + name).gauge().value();
    }

    boolean isOwner() {
        return gauge("owner") == 1;
    }

    /** Stops as a process does that is asked to; once. */
    @Override
    public void close() {
        if (vertx.deploymentIDs().contains(id)) {
            Await.result(vertx.undeploy(id));
        }
    }
}
