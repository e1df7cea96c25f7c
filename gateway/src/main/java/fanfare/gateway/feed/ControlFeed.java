package fanfare.gateway.feed;

import fanfare.control.ControlReader;
import fanfare.process.Ticker;
import fanfare.redis.Keys;
import fanfare.redis.Shard;
import fanfare.redis.Shards;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;

/**
 * The site's commands to all gateways and their own calls to each other, over a connection of their own so that no flood of
 * messages delays them.
 */
public final class ControlFeed {
    private static final System.Logger LOG = System.getLogger(ControlFeed.class.getName());
    private static final int RETRY_MS = 200;

    private final Vertx vertx;
    private final ControlReader reader;
    private final PubSubChannel orders;
    private final PubSubChannel calls;
    private final Subscriber<PubSubChannel> subscriber;

    public ControlFeed(
            Vertx vertx,
            Shards shards,
            Keys keys,
            ControlReader reader,
            Consumer<Buffer> crowds,
            Ticker ticker,
            Pulse pulse,
            String probe,
            DoubleSupplier random,
            MeterRegistry metrics) {
        this.vertx = vertx;
        this.reader = reader;
        this.orders = new PubSubChannel(keys.control()) {
            @Override
            void subscribed() {
                catchUp();
            }

            @Override
            void message(Buffer message) {
                reader.message(message);
            }
        };
        this.calls = new PubSubChannel(keys.crowds()) {
            @Override
            void subscribed() {
                // A call that was missed is made again.
            }

            @Override
            void message(Buffer message) {
                crowds.accept(message);
            }
        };
        this.subscriber = new Subscriber<>(
                vertx,
                shards.mastersOf(keys.control()),
                "control",
                ticker,
                pulse,
                shards.pubSub(),
                () -> {
                    Shard shard = shards.slots().of(keys.control());
                    return shard == null ? "" : keys.probe(shard, probe);
                },
                Future::succeededFuture,
                random,
                metrics,
                new Subscriber.Listener<>() {
                    @Override
                    public void displaced(Subscriber<PubSubChannel> subscriber) {
                        // It is the link that goes where the channel is.
                        shards.refresh(subscriber.link());
                    }
                });
    }

    /** Applies what was missed; succeeds when no command that was given before this call is unknown. */
    public Future<Void> caughtUp() {
        return reader.readOn();
    }

    /** Redis has taken a renewal of the lease and said so on the probe's channel. */
    public void probed() {
        subscriber.expectProbe();
    }

    public void open() {
        subscriber.open();
        subscriber.subscribe(orders);
        subscriber.subscribe(calls);
    }

    public Future<Void> close() {
        return subscriber.close();
    }

    /** Whether commands arrive; may be asked on any thread. */
    public boolean isUp() {
        return subscriber.link().isUp();
    }

    private void catchUp() {
        reader.catchUp().onFailure(failure -> {
            LOG.log(System.Logger.Level.DEBUG, "commands not read yet: {0}", failure.getMessage());
            vertx.setTimer(RETRY_MS, timer -> catchUp());
        });
    }
}
