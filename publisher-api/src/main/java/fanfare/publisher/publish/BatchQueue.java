package fanfare.publisher.publish;

import fanfare.broker.Broker;
import fanfare.broker.Durability;
import fanfare.broker.Published;
import fanfare.channel.Channel;
import fanfare.channel.Publication;
import fanfare.redis.RedisDownException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.TimeUnit;

/**
 * Publications of one batch on their way to the broker: in their order, and so many at a time that other callers find
 * room. All leave over one connection, since what goes over two has no order. Confined to the event loop of its broker.
 */
final class BatchQueue {
    /** A twentieth of what the broker takes; more in a write gain nothing. */
    private static final int UNDER_WAY_MAX = 1_000;
    /** Their data in characters, an eighth of what the broker takes; the last may exceed it. */
    private static final int CHARACTERS_MAX = 8 << 20;
    /** What did not leave by then is given up, so that a batch takes at most as long again as the broker tries [ms]. */
    private static final int LEAVE_MS_MAX = 5_000;

    private record Waiting(Channel channel, PublishRequest request, Promise<Published> promise) {}

    private final Broker broker;
    private final Durability durability;
    private final long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LEAVE_MS_MAX);
    private final Queue<Waiting> waiting = new ArrayDeque<>();
    /** The id of what went last to each channel, while it is under way. */
    private final Map<Channel, String> last = new HashMap<>();

    private int underWay;
    private long characters;
    /** The broker may refuse at once, and that shall not begin the next within itself. */
    private boolean pumping;

    /** @param durability of all, the highest that any of them asks for */
    BatchQueue(Broker broker, Durability durability) {
        this.broker = broker;
        this.durability = durability;
    }

    /** Publishes behind what was sent before. Fails as the broker does. */
    Future<Published> send(Channel channel, PublishRequest request) {
        if (waiting.isEmpty() && hasRoom()) {
            return begin(channel, request);
        }
        Promise<Published> promise = Promise.promise();
        waiting.add(new Waiting(channel, request, promise));
        return promise.future();
    }

    private boolean hasRoom() {
        return underWay < UNDER_WAY_MAX && characters < CHARACTERS_MAX;
    }

    private void pump() {
        if (pumping) {
            return;
        }
        pumping = true;
        while (!waiting.isEmpty() && hasRoom()) {
            Waiting next = waiting.remove();
            if (System.nanoTime() - deadlineNs > 0) {
                next.promise().fail(new RedisDownException("Redis did not take the batch in time"));
            } else {
                begin(next.channel(), next.request()).onComplete(next.promise());
            }
        }
        pumping = false;
    }

    private Future<Published> begin(Channel channel, PublishRequest request) {
        Publication publication = request.publication();
        String id = publication.id();
        int length = publication.data().length();
        underWay++;
        characters += length;
        return broker.publish(channel, publication, durability, last.put(channel, id))
                .onComplete(result -> {
                    underWay--;
                    characters -= length;
                    last.remove(channel, id);
                    pump();
                });
    }
}
