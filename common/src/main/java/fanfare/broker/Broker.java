package fanfare.broker;

import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.channel.Position;
import fanfare.channel.Publication;
import fanfare.config.RedisConfig;
import fanfare.redis.Keys;
import fanfare.redis.LuaScript;
import fanfare.redis.RedisDownException;
import fanfare.redis.RedisLink;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.Json;
import io.vertx.redis.client.Response;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes publications to Redis: one script, one slot, one round trip each, all of a tick in one write. Confined to the
 * event loop that made it.
 *
 * <p>A publication that Redis did not answer is tried again for {@value #TRY_MS_MAX} ms. That is safe, since the script
 * knows the id of one that did arrive.
 */
public final class Broker {
    /** How long a publication is tried before its caller is told that Redis is away [ms]. */
    static final int TRY_MS_MAX = 5_000;

    private static final int RETRY_MS = 100;
    /** Publications under way on this loop; more are refused, which bounds the memory when Redis is away. */
    private static final int UNDER_WAY_MAX = 20_000;
    /** Their data in characters. */
    private static final long UNDER_WAY_CHARACTERS_MAX = 64L << 20;

    private record Attempt(Channel channel, Publication publication, Promise<Published> promise, long deadlineNs) {}

    private final Vertx vertx;
    private final Keys keys;
    private final BrokerLimits limits;
    private final DoubleSupplier random;
    private final RedisLink link;
    private final LuaScript script = new LuaScript("publish");
    /** What waits for the link to come back, or for its next try. */
    private final Queue<Attempt> retries = new ArrayDeque<>();
    /** Read by metrics from other threads. */
    private final AtomicInteger underWay = new AtomicInteger();

    private long underWayCharacters;
    /** Identity of the master that has told us FENCED: once a new connection reads it again, it may open generations. */
    private @Nullable String fencedBy;
    /** The current connection was made after a FENCED and reached the same master. */
    private boolean mayOpen;
    /** Highest generation seen, which a new one must exceed even if Redis' clock went back. */
    private long highestGeneration;

    public Broker(
            Vertx vertx,
            RedisConfig config,
            BrokerLimits limits,
            String linkName,
            DoubleSupplier random,
            MeterRegistry metrics) {
        this.vertx = vertx;
        this.keys = new Keys(config.prefix());
        this.limits = limits;
        this.random = random;
        this.link = new RedisLink(vertx, config, linkName, random, metrics, new RedisLink.Listener() {
            @Override
            public void up() {
                mayOpen = link().replid().equals(fencedBy);
                retry();
            }

            @Override
            public void down() {
                mayOpen = false;
            }
        });
        Gauge.builder("fanfare_publishes_under_way", underWay, AtomicInteger::get)
                .description("Publications accepted and not yet answered by Redis; at most " + UNDER_WAY_MAX)
                .tag("link", linkName)
                .register(metrics);
    }

    public void open() {
        link.open();
        vertx.setPeriodic(RETRY_MS, timer -> retry());
    }

    public Future<Void> close() {
        return link.close();
    }

    /** Whether Redis can be reached; may be asked on any thread. */
    public boolean isUp() {
        return link.isUp();
    }

    /** The link, for reads and control by the same process. */
    public RedisLink link() {
        return link;
    }

    /**
     * Stores a publication and hands it to all gateways.
     *
     * @return fails with {@link RedisDownException} when it is not known to be stored; the same id may be tried again
     */
    public Future<Published> publish(Channel channel, Publication publication) {
        int characters = publication.data().length();
        if (underWay.get() >= UNDER_WAY_MAX || underWayCharacters + characters > UNDER_WAY_CHARACTERS_MAX) {
            return Future.failedFuture(new RedisDownException("too many publications wait for Redis"));
        }
        underWay.incrementAndGet();
        underWayCharacters += characters;
        Promise<Published> promise = Promise.promise();
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TRY_MS_MAX);
        attempt(new Attempt(channel, publication, promise, deadline));
        return promise.future().onComplete(result -> {
            underWay.decrementAndGet();
            underWayCharacters -= characters;
        });
    }

    private void attempt(Attempt attempt) {
        if (!link.isUp()) {
            retries.add(attempt);
            return;
        }
        Publication publication = attempt.publication();
        script.run(link, keys(attempt.channel(), publication.id()), arguments(attempt.channel(), publication))
                .onSuccess(answer -> answered(attempt, answer))
                .onFailure(failure -> {
                    if (!(failure instanceof RedisDownException)) {
                        // READONLY, NOREPLICAS, MISCONF, OOM, ...: this master does not take it; look for it anew.
                        link.reconnect(String.valueOf(failure.getMessage()));
                    }
                    retries.add(attempt);
                });
    }

    private void answered(Attempt attempt, Response answer) {
        if (answer.get(0).toString().equals("FENCED")) {
            fencedBy = link.replid();
            retries.add(attempt);
            if (mayOpen) {
                retry();
            } else {
                link.reconnect("another master opened the generation; the identity must be read again");
            }
            return;
        }
        Position position = Position.parse(answer.get(0).toString());
        if (position == null) {
            attempt.promise().fail("Redis gave no position: " + answer.get(0));
            return;
        }
        highestGeneration = Math.max(highestGeneration, position.generation());
        boolean duplicate = answer.get(1).toString().equals("1");
        int routed = Integer.parseInt(answer.get(2).toString());
        attempt.promise().complete(new Published(position, duplicate, routed));
    }

    private void retry() {
        long now = System.nanoTime();
        for (int count = retries.size(); count > 0; count--) {
            Attempt attempt = retries.remove();
            if (now - attempt.deadlineNs() > 0) {
                attempt.promise().fail(new RedisDownException("Redis did not take it in " + TRY_MS_MAX + " ms"));
            } else {
                attempt(attempt);
            }
        }
    }

    private List<String> keys(Channel channel, String id) {
        return List.of(keys.fence(channel), keys.once(channel, id), keys.kept(channel));
    }

    private List<Object> arguments(Channel channel, Publication publication) {
        boolean list = channel.kind() == Channel.Kind.USER;
        boolean endless = channel.kind() == Channel.Kind.BROADCAST;
        return List.of(
                list ? "list" : "stream",
                keys.live(channel),
                link.replid(),
                mayOpen ? 1 : 0,
                highestGeneration,
                (int) (random.getAsDouble() * 1000),
                Item.headerTail(publication.id(), publication.namespace()),
                payload(channel, publication),
                TimeUnit.SECONDS.toMillis(publication.ttlSeconds()),
                list ? limits.inboxItemsMax() : limits.logItemsMax(),
                limits.logBytesMax(),
                endless ? 0 : limits.inboxTtl().toSeconds(),
                limits.onceTtl().toSeconds());
    }

    /** The event as the browser gets it, but for the position, the time and the closing brace. */
    private static String payload(Channel channel, Publication publication) {
        return "{\"type\":\"event\",\"channel\":" + Json.encode(channel.label())
                + ",\"namespace\":" + Json.encode(publication.namespace())
                + ",\"event\":" + Json.encode(publication.event())
                + ",\"data\":" + publication.data()
                + ",\"id\":" + Json.encode(publication.id());
    }
}
