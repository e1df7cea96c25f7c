package fanfare.publisher.publish;

import fanfare.broker.Broker;
import fanfare.broker.Durability;
import fanfare.broker.Mailing;
import fanfare.broker.Published;
import fanfare.channel.Channel;
import fanfare.channel.Publication;
import fanfare.redis.Keys;
import fanfare.redis.RedisDownException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Publications of one request on their way to the broker, in the order of each channel. They are so many at a time that other
 * callers find room, and wait while the broker has little. All leave over one connection, since what goes over two has no
 * order. Confined to the event loop of its broker.
 */
final class BatchQueue {
    /** A twentieth of what the broker takes; more in a write gain nothing. */
    private static final int UNDER_WAY_MAX = 1_000;
    /** Their data in characters, an eighth of what the broker takes; the last may exceed it. */
    private static final int CHARACTERS_MAX = 8 << 20;
    /** What did not leave by then is given up, so that a batch takes at most as long again as the broker tries [ms]. */
    private static final int LEAVE_MS_MAX = 5_000;
    /** How often it is looked whether the broker has room, unless an answer to one of ours makes some [ms]. */
    private static final int LOOK_MS = 20;

    private record Waiting(
            Channel channel,
            String tag,
            PublishRequest request,
            @Nullable Mailing mailing,
            Promise<Published> promise) {}

    private final Vertx vertx;
    private final Broker broker;
    private final Durability durability;
    private final long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LEAVE_MS_MAX);
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    /** By what they publish: a message to more users than one publication may name comes in several. */
    private final Map<Publication, Mailing> mailings = new HashMap<>();

    private final Map<Channel, Chain> chains = new HashMap<>();

    private int underWay;
    private long characters;
    /** The broker may refuse at once, and that shall not begin the next within itself. */
    private boolean pumping;

    /** @param durability of all, the highest that any of them asks for */
    BatchQueue(Vertx vertx, Broker broker, Durability durability) {
        this.vertx = vertx;
        this.broker = broker;
        this.durability = durability;
    }

    /**
     * Publishes behind what was sent before to the same channel. Fails as the broker does.
     *
     * @param mailing of which it is a part; null if it is of none
     */
    Future<Published> send(Channel channel, PublishRequest request, @Nullable Mailing mailing) {
        Mailing same = mailing == null || durability != Durability.MASTER
                ? null
                : mailings.computeIfAbsent(request.publication(), none -> mailing);
        if (same == null && waiting.isEmpty() && hasRoom()) {
            return begin(channel, request, null);
        }
        Promise<Published> promise = Promise.promise();
        waiting.add(new Waiting(channel, Keys.tag(channel), request, same, promise));
        return promise.future();
    }

    /** All has been sent: what waits may leave, with what lies under one tag together, which costs Redis less. */
    void complete() {
        if (!mailings.isEmpty()) {
            List<Waiting> sorted = new ArrayList<>(waiting);
            sorted.sort(Comparator.comparing(Waiting::tag));
            waiting.clear();
            waiting.addAll(sorted);
        }
        pump();
    }

    private boolean hasRoom() {
        return underWay < UNDER_WAY_MAX && characters < CHARACTERS_MAX && broker.hasRoomForMany();
    }

    private void pump() {
        if (pumping) {
            return;
        }
        pumping = true;
        boolean late = System.nanoTime() - deadlineNs > 0;
        while (!waiting.isEmpty() && (late || hasRoom())) {
            Waiting next = waiting.remove();
            if (late) {
                next.promise().fail(new RedisDownException("Redis did not take the batch in time"));
            } else {
                begin(next.channel(), next.request(), next.mailing()).onComplete(next.promise());
            }
        }
        pumping = false;
        if (!waiting.isEmpty() && underWay == 0) {
            vertx.setTimer(LOOK_MS, timer -> pump());
        }
    }

    private Future<Published> begin(Channel channel, PublishRequest request, @Nullable Mailing mailing) {
        Publication publication = request.publication();
        String id = publication.id();
        int length = publication.data().length();
        underWay++;
        characters += length;
        Chain chain = chains.computeIfAbsent(channel, first -> new Chain());
        String after = chain.next(id);
        Future<Published> published = mailing == null
                ? broker.publish(channel, publication, durability, after)
                : broker.publish(channel, mailing, after);
        return published.onComplete(result -> {
            underWay--;
            characters -= length;
            chain.done(id);
            pump();
        });
    }
}
