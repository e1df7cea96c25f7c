package fanfare.gateway.feed;

import fanfare.redis.Masters;
import fanfare.redis.RedisLink;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;

/**
 * One connection that does nothing but subscribe. Pushes steal the replies of other commands on the same connection, so
 * there are none here. One SUBSCRIBE or UNSUBSCRIBE is under way per channel, so that an acknowledgement is always that
 * of the last thing asked. After a loss everything wanted is subscribed again, in slices.
 */
final class Subscriber {
    /** What a subscriber tells its owner. */
    interface Listener {
        void subscribed(String channel);

        void message(String channel, Buffer message);

        /** The link is lost, and with it every subscription. */
        void lost(Subscriber subscriber);

        /** The link is back; what is wanted is being subscribed again. */
        void back(int channels);
    }

    /** Channels in one command; a dying connection with very many of them stalls Redis, as does a huge command. */
    private static final int SLICE = 500;

    /** What is wanted of a channel and what Redis has been asked. */
    private static final class Wish {
        boolean wanted;
        boolean subscribed;
        boolean underWay;
        /** It stands in the queue of the next slice. */
        boolean queued;
    }

    private final Context context;
    private final RedisLink link;
    private final Listener listener;
    private final Map<String, Wish> wishes = new HashMap<>();
    /** Channels whose wish differs from what Redis was asked, in the order of asking. */
    private List<String> queue = new ArrayList<>();
    /** Acknowledgements that the slice under way still owes. */
    private int owed;

    private boolean flushing;
    private boolean wasLost;

    Subscriber(
            Vertx vertx,
            Masters masters,
            String name,
            DoubleSupplier random,
            MeterRegistry metrics,
            Listener listener) {
        this.context = vertx.getOrCreateContext();
        this.listener = listener;
        this.link = new RedisLink(vertx, masters, name, random, metrics, new RedisLink.Listener() {
            @Override
            public void up() {
                Subscriber.this.up();
            }

            @Override
            public void down() {
                Subscriber.this.down();
            }

            @Override
            public void push(Response message) {
                Subscriber.this.push(message);
            }
        });
    }

    void open() {
        link.open();
    }

    Future<Void> close() {
        return link.close();
    }

    RedisLink link() {
        return link;
    }

    void subscribe(String channel) {
        wish(channel, true);
    }

    void unsubscribe(String channel) {
        wish(channel, false);
    }

    private void wish(String channel, boolean wanted) {
        Wish wish = wishes.computeIfAbsent(channel, none -> new Wish());
        wish.wanted = wanted;
        enqueue(channel, wish);
    }

    private void enqueue(String channel, Wish wish) {
        if (!wish.queued && !wish.underWay && wish.wanted != wish.subscribed) {
            wish.queued = true;
            queue.add(channel);
            flushLater();
        }
    }

    private void flushLater() {
        if (!flushing && owed == 0 && !queue.isEmpty()) {
            flushing = true;
            context.runOnContext(tick -> flush());
        }
    }

    private void flush() {
        flushing = false;
        if (!link.isUp() || owed > 0) {
            return;
        }
        List<String> slice = queue.subList(0, Math.min(SLICE, queue.size()));
        List<String> subscribe = new ArrayList<>();
        List<String> unsubscribe = new ArrayList<>();
        for (String channel : slice) {
            Wish wish = wishes.get(channel);
            if (wish == null) {
                continue;
            }
            wish.queued = false;
            if (wish.wanted == wish.subscribed) {
                // Left and wanted again, or the other way round, before Redis was told.
                settled(channel, wish);
            } else {
                wish.underWay = true;
                (wish.wanted ? subscribe : unsubscribe).add(channel);
            }
        }
        queue = new ArrayList<>(queue.subList(slice.size(), queue.size()));
        owed = subscribe.size() + unsubscribe.size();
        link.subscribing(Command.SUBSCRIBE, subscribe);
        link.subscribing(Command.UNSUBSCRIBE, unsubscribe);
        flushLater();
    }

    private void push(Response push) {
        String channel = push.get(1).toString();
        switch (push.get(0).toString()) {
            case "message" -> listener.message(channel, push.get(2).toBuffer());
            case "subscribe" -> acknowledged(channel, true);
            case "unsubscribe" -> acknowledged(channel, false);
            default -> link.reconnect("unexpected push " + push.get(0));
        }
    }

    private void acknowledged(String channel, boolean subscribed) {
        Wish wish = wishes.get(channel);
        if (wish == null || !wish.underWay) {
            return;
        }
        owed--;
        wish.underWay = false;
        wish.subscribed = subscribed;
        if (wish.wanted == subscribed) {
            settled(channel, wish);
        } else {
            enqueue(channel, wish);
        }
        flushLater();
    }

    private void settled(String channel, Wish wish) {
        if (wish.wanted) {
            listener.subscribed(channel);
        } else {
            wishes.remove(channel);
        }
    }

    private void up() {
        owed = 0;
        queue = new ArrayList<>();
        wishes.values().removeIf(wish -> !wish.wanted);
        if (wasLost) {
            listener.back(wishes.size());
        }
        wishes.forEach((channel, wish) -> {
            wish.queued = false;
            enqueue(channel, wish);
        });
    }

    private void down() {
        wasLost = true;
        wishes.values().forEach(wish -> {
            wish.subscribed = false;
            wish.underWay = false;
        });
        listener.lost(this);
    }
}
