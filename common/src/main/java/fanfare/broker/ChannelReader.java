package fanfare.broker;

import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.redis.Keys;
import fanfare.redis.RedisLink;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what channels kept. Confined to the event loop of its link. */
public final class ChannelReader {
    /** Enough for nearly every reader, who is a few seconds behind; so a long inbox is not fetched for each newcomer. */
    private static final int NEWEST_FIRST_TRY = 16;
    /** More than an inbox keeps by default, and what one read of a log may cost at most. */
    private static final int NEWEST_MAX = 1_000;

    private final RedisLink link;
    private final Keys keys;

    public ChannelReader(RedisLink link, Keys keys) {
        this.link = link;
        this.keys = keys;
    }

    /** Fails with {@link fanfare.redis.RedisDownException} when Redis cannot be asked. */
    public Future<Reading> read(Channel channel, Reading.Point point) {
        return newest(channel, NEWEST_FIRST_TRY).compose(few -> {
            Reading reading = Reading.of(few, few.size() < NEWEST_FIRST_TRY, point);
            return reading != null
                    ? Future.succeededFuture(reading)
                    : newest(channel, NEWEST_MAX).map(many -> wholeOrCut(many, point));
        });
    }

    /** When Redis first gave out a position in the channel's slot, on its clock [ms]; null if it never did. */
    public Future<@Nullable Long> bornMs(Channel channel) {
        return link.send(Request.cmd(Command.HGET).arg(keys.fence(channel)).arg("born"))
                .map(born -> born == null ? null : Long.valueOf(born.toString()));
    }

    private static Reading wholeOrCut(List<Item> items, Reading.Point point) {
        Reading reading = Reading.of(items, items.size() < NEWEST_MAX, point);
        return reading != null ? reading : new Reading(items, items.get(items.size() - 1), false);
    }

    private Future<List<Item>> newest(Channel channel, int count) {
        String key = keys.kept(channel);
        return channel.kind() == Channel.Kind.USER
                ? link.send(Request.cmd(Command.LRANGE).arg(key).arg(-count).arg(-1))
                        .map(ChannelReader::list)
                : link.send(Request.cmd(Command.XREVRANGE)
                                .arg(key)
                                .arg("+")
                                .arg("-")
                                .arg("COUNT")
                                .arg(count))
                        .map(ChannelReader::reversedStream);
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
