package fanfare.gateway.feed;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.broker.Broker;
import fanfare.broker.BrokerLimits;
import fanfare.broker.ChannelReader;
import fanfare.channel.Channel;
import fanfare.channel.Publication;
import fanfare.config.RedisConfig;
import fanfare.gateway.auth.Identity;
import fanfare.gateway.protocol.Command;
import fanfare.gateway.receipt.Collector;
import fanfare.gateway.receipt.ReceiptLimits;
import fanfare.gateway.receipt.Reports;
import fanfare.gateway.session.CloseReason;
import fanfare.gateway.session.ConnectionLog;
import fanfare.gateway.session.Hub;
import fanfare.gateway.session.SendQueue;
import fanfare.gateway.session.Session;
import fanfare.gateway.session.SessionLimits;
import fanfare.gateway.session.SessionMetrics;
import fanfare.gateway.session.Transport;
import fanfare.process.Ticker;
import fanfare.redis.Keys;
import fanfare.redis.RedisLinks;
import fanfare.redis.ServerTime;
import fanfare.redis.Shards;
import fanfare.testing.Await;
import fanfare.testing.RedisServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A feed on a real Redis, and a hub on an event loop that the test can hold up. */
@ExtendWith(VertxExtension.class)
class FeedIT {
    private static final String LARGE = "x".repeat(60_000);
    /** Several times what a hub may be behind. */
    private static final int MESSAGES = 500;
    /** In so many probes one that is owed by a link that is heard is given up. */
    private static final int PROBES = 4;
    /** What a feed may have read of Redis when it pauses, generously. */
    private static final int READ_BYTES_MAX = 4 << 20;

    private static final int UNDELIVERED_BYTES_MAX = (8 << 20) + READ_BYTES_MAX;

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final RedisConfig redis = new RedisConfig(RedisServer.shared().url(), "test" + UUID.randomUUID() + ":");
    private final Keys keys = new Keys(redis.prefix());
    private final Vertx hubVertx = Vertx.vertx();
    private final Context hubLoop = hubVertx.getOrCreateContext();
    /** Probes that Redis has taken. */
    private final AtomicInteger probes = new AtomicInteger();
    /** The data of what arrived. */
    private final List<String> heard = new CopyOnWriteArrayList<>();

    /** Holds up the hub's event loop. */
    private final CountDownLatch held = new CountDownLatch(1);

    private Context loop;
    private RedisLinks commands;
    private Feed feed;
    private Broker broker;

    @BeforeEach
    void open(Vertx vertx) {
        loop = vertx.getOrCreateContext();
        Await.on(loop, () -> {
            Shards shards = Shards.of(vertx, redis);
            commands = RedisLinks.open(
                    vertx, shards, "commands", () -> 0.5, new SimpleMeterRegistry(), new RedisLinks.Listener() {});
            Ticker ticker = Ticker.start(vertx, Duration.ofSeconds(1));
            Pulse pulse = new Pulse(ticker, System::nanoTime);
            feed = new Feed(
                    vertx,
                    ticker,
                    shards,
                    keys,
                    commands,
                    new RedisClock(vertx, commands, System::currentTimeMillis),
                    pulse,
                    "probe",
                    shard -> probes.incrementAndGet(),
                    Future::succeededFuture,
                    new FeedLimits(
                            Duration.ofHours(1),
                            new ChannelReader.Bounds(1_000, 1 << 20),
                            1 << 24,
                            100,
                            1 << 22,
                            1_000),
                    () -> 0.5,
                    metrics);
            feed.open();
            broker = new Broker(
                    vertx, shards, keys, BrokerLimits.defaults(), "publish", () -> 0.5, new SimpleMeterRegistry());
            broker.open();
            return Future.succeededFuture();
        });
        Await.until("Redis is reached", () -> broker.isUp() && feed.isUp());
    }

    @AfterEach
    void close() {
        held.countDown();
        Await.on(loop, () -> Future.join(feed.close(), commands.close(), broker.close()));
        Await.result(hubVertx.close());
    }

    @Test
    void whatAnEventLoopCannotDeliverYetWaitsInRedisAndNothingIsLost() throws Exception {
        listen();
        publish("first");
        Await.until("it is heard", () -> heard.contains("first"));

        hubLoop.runOnContext(turn -> {
            try {
                held.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        List<String> large =
                IntStream.range(0, MESSAGES).mapToObj(i -> i + LARGE).toList();
        large.forEach(this::publish);
        Await.until(
                "the feed pauses",
                () -> metrics.get("fanfare_feed_pauses_total").counter().count() > 0);
        // They wait with everything else.
        int before = probes.get();
        Await.until("it pauses for long", () -> probes.get() == before + PROBES);
        assertThat(undelivered()).isLessThan(UNDELIVERED_BYTES_MAX);

        held.countDown();
        Await.until("all is heard", () -> heard.size() > MESSAGES);
        assertThat(heard.subList(1, heard.size())).isEqualTo(large);
        assertThat(undelivered()).isZero();
        assertThat(metrics.get("fanfare_gaps_total").counter().count()).isZero();
        assertThat(metrics.get("fanfare_redis_resubscriptions_total").counter().count())
                .isZero();
    }

    private double undelivered() {
        return metrics.get("fanfare_undelivered_bytes").gauge().value();
    }

    private void publish(String data) {
        Publication publication = new Publication(
                UUID.randomUUID().toString(),
                "/n",
                "e",
                new JsonObject().put("d", data).encode(),
                60);
        Await.on(loop, () -> broker.publish(Channel.BROADCAST, publication));
    }

    /** Somebody who hears what everybody hears. */
    private void listen() {
        Await.on(hubLoop, () -> {
            ReceiptLimits limits = ReceiptLimits.of(100);
            Hub hub = new Hub(
                    hubVertx,
                    "node",
                    feed,
                    SessionLimits.of(1 << 20),
                    new SessionMetrics(metrics, new ConnectionLog(0, () -> 0, metrics)),
                    new Reports(limits, new Collector.Room(limits, metrics), Runnable::run, seen -> {}, () -> 0),
                    System::currentTimeMillis,
                    () -> 0.5);
            feed.register(hub);
            Session session = hub.open(new Listener(), "c", new ServerTime(0, ""), over -> {});
            session.admitted(new Identity(null, null, List.of(), Long.MAX_VALUE));
            session.hello(Command.Hello.SILENT);
            return Future.succeededFuture();
        });
    }

    /** Takes everything at once. */
    private final class Listener implements Transport {
        @Override
        public String name() {
            return "listener";
        }

        @Override
        public boolean takesMore() {
            return true;
        }

        @Override
        public int write(SendQueue waiting) {
            SendQueue.Reader reader = waiting.reader();
            List<String> taken = new ArrayList<>();
            while (!reader.isAtEnd()) {
                JsonObject message = new JsonObject(reader.poll().text());
                if ("event".equals(message.getString("type"))) {
                    taken.add(message.getJsonObject("data").getString("d"));
                }
            }
            heard.addAll(taken);
            return waiting.count();
        }

        @Override
        public void heartbeat() {}

        @Override
        public void close(CloseReason reason) {
            throw new AssertionError("closed: " + reason);
        }

        @Override
        public void reset() {}
    }
}
