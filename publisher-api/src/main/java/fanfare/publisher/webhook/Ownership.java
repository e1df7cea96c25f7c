package fanfare.publisher.webhook;

import fanfare.redis.Keys;
import fanfare.redis.LuaScript;
import fanfare.redis.RedisDownException;
import fanfare.redis.RedisLink;
import fanfare.redis.RedisLinks;
import io.vertx.core.Future;
import io.vertx.redis.client.Response;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Which publisher tells the site: the one whose lease Redis keeps. The owner counts its lease from before it asked for it,
 * so that it takes itself for one no longer than the others do. Confined to the event loop of its links.
 */
final class Ownership {
    interface Listener {
        /** This publisher is the owner from now on; {@code token} is higher than that of any before. */
        void gained(long token);

        /** It is the owner no more. */
        void lost();
    }

    private static final System.Logger LOG = System.getLogger(Ownership.class.getName());

    private final RedisLinks redis;
    private final Keys keys;
    private final String id;
    private final WebhookLimits limits;
    private final LongSupplier clockNs;
    private final Listener listener;
    private final LuaScript own = new LuaScript("webhooks-own");
    private boolean held;
    /** What the notes of the owner carry; 0 before this publisher first became it. */
    private long token;
    /** When the lease that is held was asked for [ns]. */
    private long askedAtNs;
    /** A question is under way. */
    private boolean asking;
    /** The highest token met in a bucket. */
    private long seenMax;
    /** No lease is asked for any more. */
    private boolean released;

    private boolean complained;

    Ownership(RedisLinks redis, Keys keys, String id, WebhookLimits limits, LongSupplier clockNs, Listener listener) {
        this.redis = redis;
        this.keys = keys;
        this.id = id;
        this.limits = limits;
        this.clockNs = clockNs;
        this.listener = listener;
    }

    /** Whether nobody else can be the owner at this moment. */
    boolean isHeld() {
        return held && clockNs.getAsLong() - askedAtNs < limits.lease().toNanos();
    }

    /** Takes over, renews or notices the end of the lease; to be called every {@link WebhookLimits#tick}. */
    void tick() {
        if (held && !isHeld()) {
            LOG.log(System.Logger.Level.WARNING, "the lease of the webhooks ended");
            lose();
        }
        boolean due = !held || clockNs.getAsLong() - askedAtNs >= limits.renew().toNanos();
        if (due && !asking && !released && redis.isUp(keys.webhooks())) {
            ask();
        }
    }

    /** If it is the lease's, it is not known any more what becomes of that. */
    void linkDown(RedisLink link) {
        if (held && link == redis.at(keys.webhooks())) {
            lose();
        }
    }

    /** Begins anew with the next tick, without a call of {@link Listener#lost}. */
    void restart(long tokenSeen) {
        seenMax = Math.max(seenMax, tokenSeen);
        held = false;
    }

    /** Lets another publisher take over at once. */
    Future<Void> release() {
        released = true;
        held = false;
        return redis.isUp(keys.webhooks())
                ? new LuaScript("webhooks-disown")
                        .run(redis, List.of(keys.webhooks()), List.of(id))
                        .mapEmpty()
                : Future.succeededFuture();
    }

    private void ask() {
        asking = true;
        long now = clockNs.getAsLong();
        own.run(redis, List.of(keys.webhooks()), List.of(id, limits.lease().toMillis(), seenMax))
                .onComplete(done -> {
                    asking = false;
                    if (done.failed()) {
                        refused(done.cause());
                    } else if (!released) {
                        answered(done.result(), now);
                    }
                });
    }

    private void answered(Response answer, long nowNs) {
        complained = false;
        if (answer.get(0).toString().equals("0")) {
            if (held) {
                LOG.log(System.Logger.Level.WARNING, "another publisher has taken over the webhooks");
                lose();
            }
            return;
        }
        long given = Long.parseLong(answer.get(1).toString());
        if (held && given != token) {
            // Somebody else was the owner in between.
            lose();
        }
        boolean gained = !held;
        held = true;
        token = given;
        askedAtNs = nowNs;
        if (!isHeld()) {
            // The answer took as long as the lease.
            held = !gained;
        } else if (gained) {
            listener.gained(given);
        }
    }

    private void lose() {
        held = false;
        listener.lost();
    }

    /** Redis away is the link's to tell. */
    private void refused(Throwable cause) {
        if (!complained && !(cause instanceof RedisDownException)) {
            complained = true;
            LOG.log(System.Logger.Level.WARNING, "Redis refused the lease of the webhooks: {0}", cause.getMessage());
        }
    }
}
