package fanfare.gateway.feed;

import fanfare.channel.Bundle;
import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.redis.Keys;
import fanfare.redis.RedisLink;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.util.List;

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
    /** What the names of their channels begin with. */
    private final String names;

    private final RedisLink commands;
    private final List<Subscriber> subscribers;
    private final Followers followers;
    private final Counter received;
    private final Counter passedOn;
    /** Under which id publishers know this gateway; empty before it has one. */
    private String incarnation = "";

    Bundles(Keys keys, RedisLink commands, List<Subscriber> subscribers, Followers followers, MeterRegistry metrics) {
        this.keys = keys;
        this.names = keys.bundles();
        this.commands = commands;
        this.subscribers = subscribers;
        this.followers = followers;
        this.received = Counter.builder("fanfare_feed_bundled_total")
                .description("Publications to users of this gateway that came together with those to others")
                .register(metrics);
        this.passedOn = Counter.builder("fanfare_feed_passed_on_total")
                .description("Of these, those to users who were not here, passed on to wherever they are")
                .register(metrics);
    }

    /** This gateway lives under another id from now on. */
    void become(String next) {
        for (int i = 0; i < subscribers.size(); i++) {
            if (!incarnation.isEmpty()) {
                subscribers.get(i).unsubscribe(keys.bundle(incarnation, i));
            }
            subscribers.get(i).subscribe(keys.bundle(next, i));
        }
        incarnation = next;
    }

    /** Whether a pub/sub channel carries bundles; also those of a former id count, as Redis has counted this gateway. */
    boolean areOn(String name) {
        return name.startsWith(names);
    }

    /** @throws IllegalArgumentException if the bytes are no bundle */
    void message(Buffer bytes) {
        Bundle.read(bytes, (user, item) -> {
            received.increment();
            Channel channel = Channel.user(user);
            if (!followers.message(channel, item)) {
                passOn(channel, item);
            }
        });
    }

    /**
     * The user was announced here and is not, or not yet: another gateway may hold the user without having been named. It hears
     * the user's own channel. Should this fail, then it finds the item when it compares the channel.
     */
    private void passOn(Channel channel, Item item) {
        passedOn.increment();
        commands.send(Request.cmd(Command.PUBLISH).arg(keys.live(channel)).arg(item.bytes()));
    }
}
