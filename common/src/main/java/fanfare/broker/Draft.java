package fanfare.broker;

import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.channel.JsonString;
import fanfare.channel.Publication;
import fanfare.redis.Keys;
import io.vertx.core.buffer.Buffer;

/**
 * A publication on its way to one channel, encoded once for all tries and replays.
 *
 * @param tag the hash tag of the channel's keys
 * @param headerTail the end of the item's header line, which is the publication's own
 * @param payload the event as the browser gets it, but for the position, the time and the closing brace
 * @param ttlMs how long it is worth delivering [ms]
 */
public record Draft(Channel channel, String tag, String id, String headerTail, Buffer payload, long ttlMs) {
    static Draft of(Channel channel, Publication publication) {
        String payload = "{\"type\":\"event\",\"channel\":" + JsonString.of(channel.label())
                + ",\"namespace\":" + JsonString.of(publication.namespace())
                + ",\"event\":" + JsonString.of(publication.event())
                + ",\"data\":" + publication.data()
                + ",\"id\":" + JsonString.of(publication.id())
                + (publication.receiptSeconds() == 0 ? "" : ",\"receipt\":true");
        return new Draft(
                channel,
                Keys.tag(channel),
                publication.id(),
                Item.headerTail(publication.id(), publication.namespace(), publication.receiptSeconds()),
                Buffer.buffer(payload),
                publication.ttlSeconds() * 1_000L);
    }

    /** The same for another user, who shares all that is encoded. */
    Draft to(Channel user) {
        return new Draft(user, Keys.tag(user), id, headerTail, payload, ttlMs);
    }
}
