package fanfare.broker;

import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.channel.Position;
import fanfare.redis.Keys;
import fanfare.redis.LuaScript;
import fanfare.redis.RedisLinks;
import fanfare.redis.ServerTime;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what channels kept. Confined to the event loop of its links. */
public final class ChannelReader {
    /** Enough for nearly every reader, who is a few seconds behind; so a long inbox is not fetched for each newcomer. */
    private static final int NEWEST_FIRST_TRY = 16;

    /**
     * How much one reading may bring; the newest are taken.
     *
     * @param items at most, of one channel
     * @param bytes of events, of one channel; a single event may exceed it
     */
    public record Bounds(int items, long bytes) {}

    private final RedisLinks redis;
    private final Keys keys;
    private final Bounds bounds;
    private final long keptS;
    private final LuaScript fence = new LuaScript("fence");

    /** @param kept how long a channel is kept after its last publication, and a topic's fence after it was asked for */
    public ChannelReader(RedisLinks redis, Keys keys, Bounds bounds, Duration kept) {
        this.redis = redis;
        this.keys = keys;
        this.bounds = bounds;
        this.keptS = kept.toSeconds();
    }

    /** Fails with {@link fanfare.redis.RedisDownException} when Redis cannot be asked. */
    public Future<Reading> read(Channel channel, Reading.Point point) {
        return newest(channel, NEWEST_FIRST_TRY)
                .compose(few -> {
                    Reading reading = Reading.of(few, few.size() < NEWEST_FIRST_TRY, point);
                    return reading != null ? Future.succeededFuture(reading) : readMore(channel, point);
                })
                .map(reading -> reading.within(bounds.items(), bounds.bytes()));
    }

    /** What the channel's slot knows of itself; one that is not there comes into being. */
    public Future<Fence> fence(Channel channel) {
        return askFence(channel)
                .map(answer -> new Fence(number(answer.get(0)), number(answer.get(1)), number(answer.get(2))));
    }

    /** What is another one after each publication under the channel's tag. */
    public Future<String> counter(Channel channel) {
        return channel.kind() == Channel.Kind.TOPIC
                ? askFence(channel).map(fence -> fence.get(0) + "-" + fence.get(3))
                : redis.send(
                                keys.fence(channel),
                                Request.cmd(Command.HMGET)
                                        .arg(keys.fence(channel))
                                        .arg("generation")
                                        .arg("seq"))
                        .map(fence -> fence.get(0) + "-" + fence.get(1));
    }

    private Future<Response> askFence(Channel channel) {
        boolean endless = channel.kind() != Channel.Kind.TOPIC;
        return fence.run(redis, List.of(keys.fence(channel)), List.of(endless ? 0 : keptS));
    }

    /** The time where a channel is kept [ms]. */
    public Future<Long> now(Channel channel) {
        return redis.send(keys.kept(channel), Request.cmd(Command.TIME)).map(ServerTime::msOf);
    }

    /** The position of the newest item kept; null if nothing is. */
    public Future<@Nullable Position> tail(Channel channel) {
        String key = keys.kept(channel);
        return channel.kind() == Channel.Kind.USER
                ? redis.send(key, Request.cmd(Command.LINDEX).arg(key).arg(-1))
                        .map(item -> item == null ? null : Item.positionOf(item.toBuffer()))
                : newestEntries(key, 1)
                        .map(entries -> entries.size() == 0
                                ? null
                                : Position.parse(entries.get(0).get(0).toString()));
    }

    private Future<Reading> readMore(Channel channel, Reading.Point point) {
        // One more than may be brought, so that a point just before them is found.
        int most = bounds.items() + 1;
        return newest(channel, most).map(items -> {
            Reading reading = Reading.of(items, items.size() < most, point);
            return reading != null
                    ? reading
                    : new Reading(
                            items, items.get(items.size() - 1), items.get(0).prev(), Reading.Reach.CUT);
        });
    }

    private Future<List<Item>> newest(Channel channel, int count) {
        String key = keys.kept(channel);
        return channel.kind() == Channel.Kind.USER
                ? redis.send(
                                key,
                                Request.cmd(Command.LRANGE).arg(key).arg(-count).arg(-1))
                        .map(ChannelReader::list)
                : newestEntries(key, count).map(ChannelReader::reversedStream);
    }

    private Future<Response> newestEntries(String key, int count) {
        return redis.send(
                key,
                Request.cmd(Command.XREVRANGE)
                        .arg(key)
                        .arg("+")
                        .arg("-")
                        .arg("COUNT")
                        .arg(count));
    }

    private static long number(Response response) {
        return Long.parseLong(response.toString());
    }

    private static List<Item> list(Response response) {
        List<Item> items = new ArrayList<>(response.size());
        response.forEach(item -> items.add(Item.parse(item.toBuffer())));
        return items;
    }

    private static List<Item> reversedStream(Response response) {
        List<Item> items = new ArrayList<>(response.size());
        response.forEach(entry -> items.add(Item.parse(entry.get(1).get(1).toBuffer())));
        Collections.reverse(items);
        return items;
    }
}
