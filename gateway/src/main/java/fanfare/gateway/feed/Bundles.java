package fanfare.gateway.feed;

import fanfare.channel.Bundle;
import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.redis.Keys;
import fanfare.redis.PubSub;
import fanfare.redis.RedisLinks;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * What publishers hand this gateway for many of its users at once. Each bundle comes over the very connection by which the
 * channels of its users are followed, so that it is lost, late and found again exactly as a message on these would be; and
 * what it brings them obeys the same rules. Confined to the node loop.
 */
final class Bundles {
    /** Which channels this gateway follows. */
    interface Followers {
        /** Gives an item to a channel whose subscription Redis has acknowledged; says whether it is one. */
        boolean message(Channel channel, Item item);
    }

    private final Keys keys;
    private final RedisLinks commands;
    private final Supplier<List<Subscriber<Followed>>> subscribers;
    private final Followers followers;
    private final BiConsumer<String, IllegalArgumentException> malformed;
    private final Counter received;
    private final Counter passedOn;
    /** On which bundles come, one of each subscriber; none before this gateway has an id. */
    private List<Arrivals> arrivals = List.of();

    Bundles(
            Keys keys,
            RedisLinks commands,
            Supplier<List<Subscriber<Followed>>> subscribers,
            Followers followers,
            BiConsumer<String, IllegalArgumentException> malformed,
            MeterRegistry metrics) {
        this.keys = keys;
        this.commands = commands;
        this.subscribers = subscribers;
        this.followers = followers;
        this.malformed = malformed;
        this.received = Counter.builder("fanfare_feed_bundled_total")
                .description("Publications to users of this gateway that came together with those to others")
                .register(metrics);
        this.passedOn = Counter.builder("fanfare_feed_passed_on_total")
                .description("Of these, those to users who were not here, passed on to wherever they are")
                .register(metrics);
    }

    /** This gateway lives under another id from now on. What was sent to the former one is still heard, if it has been sent. */
    void become(String incarnation) {
        if (commands.pubSub() == PubSub.SHARDED) {
            // Publishers send none: a bundle's channel would be in one slot, and its users are in many.
            return;
        }
        List<Subscriber<Followed>> all = subscribers.get();
        List<Arrivals> next = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            Subscriber<Followed> subscriber = all.get(i);
            if (!arrivals.isEmpty()) {
                subscriber.unsubscribe(arrivals.get(i));
            }
            next.add(new Arrivals(keys.bundle(incarnation, i)));
            subscriber.subscribeOwn(next.get(i));
        }
        arrivals = List.copyOf(next);
    }

    private void take(String user, Item item) {
        received.increment();
        Channel channel = Channel.user(user);
        if (!followers.message(channel, item)) {
            // Announced here and not here, or not yet: another gateway may hold the user without having been named. It
            // hears the user's own channel. Should this fail, it finds the item when it compares the channel.
            passedOn.increment();
            String name = keys.live(channel);
            commands.send(name, Request.cmd(Command.PUBLISH).arg(name).arg(item.bytes()));
        }
    }

    private final class Arrivals extends PubSubChannel {
        Arrivals(String name) {
            super(name);
        }

        @Override
        void subscribed() {
            // What no gateway heard before now has gone to the users' own channels.
        }

        @Override
        void message(Buffer bytes) {
            try {
                Bundle.read(bytes, Bundles.this::take);
            } catch (IllegalArgumentException e) {
                malformed.accept(name, e);
            }
        }
    }
}
