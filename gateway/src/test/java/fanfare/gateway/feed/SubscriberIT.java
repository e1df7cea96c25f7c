package fanfare.gateway.feed;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.config.RedisConfig;
import fanfare.process.Ticker;
import fanfare.redis.Keys;
import fanfare.redis.RedisLinks;
import fanfare.redis.Shards;
import fanfare.testing.Await;
import fanfare.testing.RedisServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.junit5.VertxExtension;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A link to a real Redis that hears one channel. */
@ExtendWith(VertxExtension.class)
class SubscriberIT {
    private final RedisConfig redis = new RedisConfig(RedisServer.shared().url(), "test" + UUID.randomUUID() + ":");
    private final Keys keys = new Keys(redis.prefix());
    private final String probe = redis.prefix() + "probe";
    private final AtomicInteger probes = new AtomicInteger();
    private final Heard channel = new Heard(redis.prefix() + "channel");

    private Context loop;
    private RedisLinks commands;
    private Subscriber<Heard> subscriber;

    @BeforeEach
    void open(Vertx vertx) {
        loop = vertx.getOrCreateContext();
        Await.on(loop, () -> {
            Shards shards = Shards.of(vertx, redis);
            commands = RedisLinks.open(
                    vertx, shards, "commands", () -> 0.5, new SimpleMeterRegistry(), new RedisLinks.Listener() {});
            Ticker ticker = Ticker.start(vertx, Duration.ofSeconds(1));
            subscriber = new Subscriber<>(
                    vertx,
                    shards.mastersOf(keys.control()),
                    "subscriber",
                    ticker,
                    new Pulse(ticker, System::nanoTime),
                    shards.pubSub(),
                    () -> probe,
                    Future::succeededFuture,
                    () -> 0.5,
                    new SimpleMeterRegistry(),
                    new Subscriber.Listener<>() {
                        @Override
                        public void inStep() {
                            probes.incrementAndGet();
                        }
                    });
            subscriber.open();
            subscriber.subscribe(channel);
            return Future.succeededFuture();
        });
        Await.until("it is subscribed", () -> channel.subscriptions.get() == 1 && commands.isUp());
    }

    @AfterEach
    void close() {
        Await.on(loop, () -> Future.join(subscriber.close(), commands.close()));
    }

    @Test
    void aProbeThatIsOwedAfterAPauseMustStillCome() {
        probe(1_000);
        act(() -> {
            subscriber.pause(true);
            subscriber.expectProbe();
        });
        act(() -> subscriber.pause(false));
        Await.until("the link is made anew", () -> channel.subscriptions.get() == 2);
    }

    @Test
    void aLinkThatIsLostDuringAPauseWaitsForItsEnd() {
        act(() -> {
            subscriber.pause(true);
            subscriber.link().reconnect("the test wants it");
        });
        Await.until("the link is back", () -> subscriber.link().isUp());
        Await.until("Redis has subscribed it", () -> subscribers() == 1);
        assertThat(channel.subscriptions).hasValue(1);

        act(() -> subscriber.pause(false));
        Await.until("it is subscribed again", () -> channel.subscriptions.get() == 2);
    }

    @Test
    void aProbeAfterALossCountsOnceItsChannelsHaveMadeUpForIt() {
        probe(1_000);
        assertThat(asOfMs()).isEqualTo(1_000);

        act(() -> {
            channel.inStep = false;
            subscriber.link().reconnect("the test wants it");
        });
        Await.until("it is subscribed again", () -> channel.subscriptions.get() == 2);
        probe(2_000);
        assertThat(asOfMs()).isEqualTo(1_000);

        act(() -> channel.inStep = true);
        probe(3_000);
        assertThat(asOfMs()).isEqualTo(3_000);
    }

    private void act(Runnable action) {
        Await.on(loop, () -> {
            action.run();
            return Future.succeededFuture();
        });
    }

    /** A probe of that time [ms], which comes. */
    private void probe(long serverMs) {
        int before = probes.get();
        Await.on(
                loop,
                () -> commands.send(
                        probe, Request.cmd(Command.PUBLISH).arg(probe).arg(serverMs)));
        Await.until("the probe comes", () -> probes.get() > before);
    }

    /** How many Redis would tell of a message on the channel. */
    private int subscribers() {
        Request request = Request.cmd(Command.PUBSUB).arg("NUMSUB").arg(channel.name);
        return Await.on(loop, () -> commands.send(probe, request)).get(1).toInteger();
    }

    private long asOfMs() {
        return Await.on(loop, () -> Future.succeededFuture(subscriber.asOfMs()));
    }

    private static final class Heard extends PubSubChannel {
        final AtomicInteger subscriptions = new AtomicInteger();
        boolean inStep = true;

        Heard(String name) {
            super(name);
        }

        @Override
        void subscribed() {
            subscriptions.incrementAndGet();
        }

        @Override
        boolean isInStep() {
            return inStep;
        }

        @Override
        void message(Buffer message) {}
    }
}
