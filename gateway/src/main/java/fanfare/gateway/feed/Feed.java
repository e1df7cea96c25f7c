package fanfare.gateway.feed;

import fanfare.broker.ChannelReader;
import fanfare.broker.Reading;
import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.gateway.protocol.Message;
import fanfare.gateway.session.Hub;
import fanfare.gateway.session.Start;
import fanfare.gateway.session.Subscription;
import fanfare.redis.Keys;
import fanfare.redis.Masters;
import fanfare.redis.RedisLink;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Everything that this gateway follows in Redis, each channel once however many sessions want it. Confined to the node
 * loop; {@link #join} and {@link #leave} may be called from any hub's loop, and hubs are answered on theirs.
 */
public final class Feed implements Hub.Source {
    private static final System.Logger LOG = System.getLogger(Feed.class.getName());

    /** Connections over which the channels are spread: one that dies with very many channels stalls Redis. */
    private static final int SUBSCRIBERS = 4;

    private static final int READ_RETRY_MS = 200;
    /** Items this close to the end of their lives are not counted on [ms]. */
    private static final long EXPIRY_MARGIN_MS = 60_000;
    /** A channel that Redis took for new this shortly before a moment may have been lost in between [ms]. */
    private static final long BORN_MARGIN_MS = 20_000;

    /**
     * A session that comes to a channel.
     *
     * @param provable whether what was kept can tell that nothing is missing; null if nobody asked
     * @param losses lost links until then: one more, and it could be another Redis that is read
     */
    private record Join(Hub hub, Subscription subscription, @Nullable Boolean provable, int losses) {}

    private record Followed(FeedChannel<Join> state, Subscriber subscriber, String name, Set<Hub> hubs) {}

    private final Vertx vertx;
    private final Context context;
    private final Keys keys;
    private final RedisLink commands;
    private final ChannelReader reader;
    private final RedisClock clock;
    private final List<Subscriber> subscribers = new ArrayList<>();
    private final long inboxTtlMs;
    private final Counter resubscriptions;
    private final Counter malformed;
    private final Map<Channel, Followed> followed = new HashMap<>();
    /** The same by the name of the pub/sub channel. */
    private final Map<String, Followed> byName = new HashMap<>();
    /** Links lost so far. */
    private int losses;
    /** Read by metrics from other threads. */
    private final AtomicInteger channels = new AtomicInteger();

    /** Makes the feed of the current event loop. Commands go over {@code commands}, which belongs to the caller. */
    public Feed(
            Vertx vertx,
            Masters masters,
            Keys keys,
            RedisLink commands,
            RedisClock clock,
            Duration inboxTtl,
            DoubleSupplier random,
            MeterRegistry metrics) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.keys = keys;
        this.commands = commands;
        this.clock = clock;
        this.inboxTtlMs = inboxTtl.toMillis();
        this.reader = new ChannelReader(commands, keys);
        this.resubscriptions = Counter.builder("fanfare_redis_resubscriptions_total")
                .description("Channels subscribed again after a lost link")
                .register(metrics);
        this.malformed = Counter.builder("fanfare_feed_malformed_total")
                .description("Messages from Redis that were no publications")
                .register(metrics);
        Gauge.builder("fanfare_feed_channels", channels, AtomicInteger::get)
                .description("Channels that this gateway follows")
                .register(metrics);
        for (int i = 0; i < SUBSCRIBERS; i++) {
            subscribers.add(new Subscriber(vertx, masters, "subscriber-" + i, random, metrics, new FromRedis()));
        }
    }

    /** Connects, and follows what everybody wants for as long as the gateway runs. */
    public void open() {
        subscribers.forEach(Subscriber::open);
        follow(Channel.BROADCAST);
    }

    public Future<Void> close() {
        return Future.all(subscribers.stream().map(Subscriber::close).toList()).mapEmpty();
    }

    /** Whether every link is up; may be asked on any thread. */
    public boolean isUp() {
        return subscribers.stream().allMatch(subscriber -> subscriber.link().isUp());
    }

    @Override
    public void join(Hub hub, Subscription subscription, Start start) {
        context.runOnContext(turn -> {
            // Followed from now on, so that a leave that comes before the join finds it.
            Followed channel = follow(subscription.channel());
            channel.hubs().add(hub);
            Long asOfMs = start.asOfMs();
            if (asOfMs == null) {
                channel.state().join(new Join(hub, subscription, null, losses), start.point());
            } else {
                provable(subscription.channel(), start.point(), asOfMs).onComplete(proof -> channel.state()
                        .join(new Join(hub, subscription, proof.succeeded() && proof.result(), losses), start.point()));
            }
        });
    }

    /**
     * Whether a complete read proves that a browser that had everything at {@code asOfMs} misses nothing: what was
     * published since must not have expired, nor been lost with a Redis that came back empty.
     */
    private Future<Boolean> provable(Channel channel, Reading.Point point, long asOfMs) {
        if (clock.estimateMs() - asOfMs >= inboxTtlMs - EXPIRY_MARGIN_MS) {
            return Future.succeededFuture(false);
        }
        return reader.bornMs(channel)
                .map(born -> born == null ? point.after() == null : born <= asOfMs - BORN_MARGIN_MS);
    }

    @Override
    public void leave(Hub hub, Channel channel) {
        context.runOnContext(turn -> {
            Followed left = followed.get(channel);
            if (left != null
                    && left.hubs().remove(hub)
                    && left.hubs().isEmpty()
                    && !channel.equals(Channel.BROADCAST)) {
                followed.remove(channel);
                byName.remove(left.name());
                channels.decrementAndGet();
                left.subscriber().unsubscribe(left.name());
            }
        });
    }

    private Followed follow(Channel channel) {
        Followed existing = followed.get(channel);
        if (existing != null) {
            return existing;
        }
        String name = keys.live(channel);
        Subscriber subscriber = subscribers.get(Math.floorMod(name.hashCode(), SUBSCRIBERS));
        Followed added =
                new Followed(new FeedChannel<>(channel, new ToHubs()), subscriber, name, new LinkedHashSet<>());
        followed.put(channel, added);
        byName.put(name, added);
        channels.incrementAndGet();
        subscriber.subscribe(name);
        return added;
    }

    /** What the subscribers bring. */
    private final class FromRedis implements Subscriber.Listener {
        @Override
        public void subscribed(String name) {
            Followed channel = byName.get(name);
            if (channel != null) {
                channel.state().subscribed();
            }
        }

        @Override
        public void message(String name, Buffer message) {
            Followed channel = byName.get(name);
            if (channel == null) {
                return;
            }
            Item item;
            try {
                item = Item.parse(message);
            } catch (IllegalArgumentException e) {
                if (malformed.count() == 0) {
                    LOG.log(System.Logger.Level.WARNING, "on {0}: {1}", name, e.getMessage());
                }
                malformed.increment();
                return;
            }
            channel.state().message(item);
        }

        @Override
        public void lost(Subscriber subscriber) {
            losses++;
            followed.values().stream()
                    .filter(channel -> channel.subscriber() == subscriber)
                    .forEach(channel -> channel.state().lost());
        }

        @Override
        public void back(int count) {
            resubscriptions.increment(count);
        }
    }

    /** What the channels want done. */
    private final class ToHubs implements FeedChannel.Actions<Join> {
        @Override
        public void read(FeedChannel<Join> channel, Reading.Point point, int attempt) {
            Followed of = followed.get(channel.channel());
            if (of == null || of.state() != channel) {
                return;
            }
            RedisLink subscribed = of.subscriber().link();
            if (commands.isUp() && subscribed.isUp() && !commands.replid().equals(subscribed.replid())) {
                // Two masters: what one of them kept says nothing about what the other one sends.
                subscribed.reconnect("another master than the one that is read from");
                commands.reconnect("another master than the one that is subscribed to");
                return;
            }
            reader.read(channel.channel(), point)
                    .onSuccess(reading -> channel.read(attempt, reading))
                    .onFailure(failure -> vertx.setTimer(READ_RETRY_MS, timer -> channel.readFailed(attempt)));
        }

        @Override
        public void deliver(Channel channel, Item item) {
            if (item.expiresMs() > clock.estimateMs()) {
                toHubs(channel, Message.of(item));
            }
        }

        @Override
        public void gap(Channel channel) {
            toHubs(channel, Message.gap(channel.label()));
        }

        @Override
        public void joined(Join join, List<Item> missed, boolean complete) {
            long now = clock.estimateMs();
            List<Message> messages = missed.stream()
                    .filter(item -> item.expiresMs() > now)
                    .map(Message::of)
                    .collect(Collectors.toCollection(ArrayList::new));
            Boolean provable = join.provable();
            if (provable == null && !complete) {
                messages.add(0, Message.gap(join.subscription().channel().label()));
            }
            boolean whole = provable == null || (complete && provable && join.losses() == losses);
            join.hub().execute(() -> join.subscription().joined(messages, whole));
        }

        private void toHubs(Channel channel, Message message) {
            Followed of = followed.get(channel);
            if (of != null) {
                of.hubs().forEach(hub -> hub.execute(() -> hub.deliver(channel, message)));
            }
        }
    }
}
