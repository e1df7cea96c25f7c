package fanfare.deploy.bench;

import fanfare.broker.Broker;
import fanfare.broker.BrokerLimits;
import fanfare.broker.Published;
import fanfare.channel.Channel;
import fanfare.channel.Publication;
import fanfare.config.RedisConfig;
import fanfare.redis.Keys;
import fanfare.redis.RedisLink;
import fanfare.redis.Shards;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** The product's own broker, without the HTTP before it. Confined to the event loop. */
final class Publishing {
    static final String PREFIX = "fanfare:";
    static final String NAMESPACE = "/message_namespace";
    static final String EVENT = "message_event_type";

    private static final Duration CONNECT_MAX = Duration.ofSeconds(10);
    private static final int CONNECT_POLL_MS = 10;

    private final Keys keys = new Keys(PREFIX);
    private final Broker broker;
    private final BrokerLimits limits = BrokerLimits.defaults();
    private long publications;

    private Publishing(Vertx vertx, String redisUrl) {
        this.broker = new Broker(
                vertx,
                Shards.of(vertx, new RedisConfig(redisUrl, PREFIX)),
                keys,
                limits,
                "bench",
                () -> ThreadLocalRandom.current().nextDouble(),
                new SimpleMeterRegistry());
        broker.open();
    }

    static Publishing open(Vertx vertx, Loop loop, int redisPort) throws IOException, InterruptedException {
        return open(vertx, loop, Workbench.url(redisPort));
    }

    /** To any kind of Redis. */
    static Publishing open(Vertx vertx, Loop loop, String redisUrl) throws IOException, InterruptedException {
        Publishing publishing = loop.make(() -> new Publishing(vertx, redisUrl));
        long deadline = System.nanoTime() + CONNECT_MAX.toNanos();
        while (!publishing.broker.isUp()) {
            if (System.nanoTime() > deadline) {
                throw new IOException("no connection to Redis");
            }
            Thread.sleep(CONNECT_POLL_MS);
        }
        return publishing;
    }

    static Channel user(int number) {
        return Channel.user("user-" + number);
    }

    Future<Published> publish(Channel channel, String data) {
        return publish(channel, "publication-%010d".formatted(publications++), data);
    }

    /** The same with a receipt that is over after so many seconds. */
    Future<Published> publishWithReceipt(Channel channel, String data, int receiptSeconds) {
        String id = "publication-%010d".formatted(publications++);
        int ttl = (int) limits.inboxTtl().toSeconds();
        return broker.publish(channel, new Publication(id, NAMESPACE, EVENT, data, ttl, receiptSeconds));
    }

    Future<Published> publish(Channel channel, String id, String data) {
        int ttl = (int) limits.inboxTtl().toSeconds();
        return broker.publish(channel, new Publication(id, NAMESPACE, EVENT, data, ttl));
    }

    /** The connection that publications go over. */
    RedisLink link() {
        return broker.links().all().get(0);
    }

    Keys keys() {
        return keys;
    }
}
