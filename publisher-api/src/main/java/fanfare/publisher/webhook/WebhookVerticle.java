package fanfare.publisher.webhook;

import fanfare.process.Bugs;
import fanfare.redis.Keys;
import fanfare.redis.RedisDownException;
import fanfare.redis.RedisLink;
import fanfare.redis.RedisLinks;
import fanfare.redis.Shards;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.redis.client.impl.types.ErrorType;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** This publisher's part in webhooks: it tells the site while it is the owner, and tries to become it while it is not. */
public final class WebhookVerticle extends VerticleBase {
    private static final System.Logger LOG = System.getLogger(WebhookVerticle.class.getName());
    /** How long a stop waits for the site's answer to the request under way: less than the process has in all. */
    private static final int STOP_S_MAX = 8;

    private final WebhookConfig config;
    private final WebhookLimits limits;
    private final Shards shards;
    private final Keys keys;
    private final Secrets secrets;
    private final MeterRegistry registry;
    private final WebhookMetrics metrics;
    private final Bugs bugs;

    private @Nullable RedisLinks links;
    private @Nullable Ownership ownership;
    private @Nullable Site site;
    /** Null while another publisher tells the site. */
    private @Nullable Delivery delivery;

    private boolean stopping;
    /** What keeps a delivery from its work was said, and it is the same until the next connection to Redis. */
    private boolean complained;

    private long timer = -1;

    public WebhookVerticle(
            WebhookConfig config,
            WebhookLimits limits,
            Shards shards,
            Keys keys,
            Secrets secrets,
            MeterRegistry metrics) {
        this.config = config;
        this.limits = limits;
        this.shards = shards;
        this.keys = keys;
        this.secrets = secrets;
        this.registry = metrics;
        this.metrics = new WebhookMetrics(metrics, System::currentTimeMillis);
        this.bugs = new Bugs(metrics);
    }

    @Override
    public Future<?> start() {
        Site told = new Site(vertx, config, secrets, System::currentTimeMillis, metrics);
        site = told;
        RedisLinks made = RedisLinks.open(
                vertx, shards, "webhooks", WebhookVerticle::random, registry, new RedisLinks.Listener() {
                    @Override
                    public void up(RedisLink link) {
                        complained = false;
                        if (ownership != null) {
                            ownership.tick();
                        }
                    }

                    @Override
                    public void down(RedisLink link) {
                        if (ownership != null) {
                            ownership.linkDown(link);
                        }
                    }
                });
        links = made;
        Ownership one = new Ownership(
                made, keys, UUID.randomUUID().toString(), limits, System::nanoTime, new Ownership.Listener() {
                    @Override
                    public void gained(long token) {
                        begin(made, told, token);
                    }

                    @Override
                    public void lost() {
                        endDelivery();
                    }
                });
        ownership = one;
        timer = vertx.setPeriodic(limits.tick().toMillis(), tick -> one.tick());
        return Future.succeededFuture();
    }

    /** Lets the site answer the request under way, then another publisher take over. */
    @Override
    public Future<?> stop() {
        stopping = true;
        RedisLinks opened = links;
        Ownership one = ownership;
        Site told = site;
        if (opened == null || one == null || told == null) {
            return Future.succeededFuture();
        }
        return endDelivery()
                .timeout(STOP_S_MAX, TimeUnit.SECONDS)
                .eventually(() -> {
                    vertx.cancelTimer(timer);
                    return one.release();
                })
                .eventually(told::close)
                .eventually(opened::close)
                .otherwiseEmpty();
    }

    private void begin(RedisLinks opened, Site told, long token) {
        Ownership one = ownership;
        if (stopping || one == null) {
            return;
        }
        Delivery begun = new Delivery(
                vertx,
                new Journal(opened, keys, token, metrics),
                told,
                one::isHeld,
                config,
                limits,
                System::nanoTime,
                WebhookVerticle::random,
                metrics,
                failure -> failed(one, failure));
        delivery = begun;
        begun.start();
    }

    private Future<?> endDelivery() {
        Delivery current = delivery;
        delivery = null;
        metrics.owns(false);
        return current == null ? Future.succeededFuture() : current.end();
    }

    private void failed(Ownership one, Throwable failure) {
        endDelivery();
        one.restart(failure instanceof FencedException fenced ? fenced.token : 0);
        if (complained || failure instanceof RedisDownException) {
            return;
        }
        complained = true;
        String what = "webhooks begin anew, as often as it takes";
        if (failure instanceof FencedException || failure instanceof ErrorType) {
            LOG.log(System.Logger.Level.WARNING, what, failure);
        } else {
            bugs.met(what, failure);
        }
    }

    private static double random() {
        return ThreadLocalRandom.current().nextDouble();
    }
}
