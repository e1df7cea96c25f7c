package fanfare.gateway.feed;

import fanfare.control.ControlReader;
import fanfare.redis.Keys;
import fanfare.redis.Masters;
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
    private final String channel;
    private final Consumer<Buffer> crowds;
    private final String crowdsChannel;
    private final Subscriber subscriber;

    public ControlFeed(
            Vertx vertx,
            Masters masters,
            Keys keys,
            ControlReader reader,
            Consumer<Buffer> crowds,
            Pulse pulse,
            String probe,
            DoubleSupplier random,
            MeterRegistry metrics) {
        this.vertx = vertx;
        this.reader = reader;
        this.channel = keys.control();
        this.crowds = crowds;
        this.crowdsChannel = keys.crowds();
        this.subscriber = new Subscriber(
                vertx, masters, "control", pulse, probe, Future::succeededFuture, random, metrics, new FromRedis());
    }

    private final class FromRedis implements Subscriber.Listener {
        @Override
        public void subscribed(String name) {
            // A call that was missed is made again.
            if (name.equals(channel)) {
                catchUp();
            }
        }

        @Override
        public void message(String name, Buffer message) {
            if (name.equals(channel)) {
                reader.message(message);
            } else {
                crowds.accept(message);
            }
        }

        @Override
        public void lost(Subscriber lost) {}

        @Override
        public void back(int channels) {}
    }

    /** Applies what was missed; succeeds when no command that was given before this call is unknown. */
    public Future<Void> caughtUp() {
        return reader.catchUp();
    }

    /** Redis has taken a renewal of the lease and said so on the probe's channel. */
    public void probed() {
        subscriber.expectProbe();
    }

    public void open() {
        subscriber.open();
        subscriber.subscribe(channel);
        subscriber.subscribe(crowdsChannel);
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
