package fanfare.presence;

import fanfare.presence.OnlinePage.Place;
import fanfare.redis.Buckets;
import fanfare.redis.Keys;
import fanfare.redis.RedisLinks;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads who is connected to a living gateway, page by page: bucket after bucket, in each by the order of the ids. So a
 * walk meets everybody who is connected throughout exactly once, whoever comes and goes meanwhile. A bucket is read in one
 * command, since a scan of it may show one twice, and miss one who moves to another gateway. Confined to the event loop of
 * its links.
 */
public final class OnlineWalk {
    /** Buckets whose sizes are asked for together: those of large sites need no more for a page. */
    private static final int AT_ONCE = 64;

    private record Found(int bucket, String user) {}

    private final RedisLinks redis;
    private final Keys keys;

    public OnlineWalk(RedisLinks redis, Keys keys) {
        this.redis = redis;
        this.keys = keys;
    }

    /**
     * Reads the page that begins at a place. It asks for the sizes of the buckets from there on, and reads no more of them
     * than were needed if each field were a user of its own; so a page may be short, and even empty, with others behind it.
     *
     * @return fails with {@link fanfare.redis.RedisDownException} when Redis cannot be asked
     */
    public Future<OnlinePage> page(Place from, int limit) {
        return size(from, List.of(), 0, from.bucket(), limit);
    }

    /**
     * Asks for the sizes of the buckets from {@code next} on, until enough are known.
     *
     * @param found buckets before it that are not empty, and {@code fields} those in them
     */
    private Future<OnlinePage> size(Place from, List<Integer> found, long fields, int next, int limit) {
        int end = Math.min(next + AT_ONCE, Buckets.COUNT);
        List<Future<Response>> sizes = IntStream.range(next, end)
                .mapToObj(bucket ->
                        redis.send(presence(bucket), Request.cmd(Command.HLEN).arg(presence(bucket))))
                .toList();
        return Future.all(sizes).compose(done -> {
            List<Integer> filled = new ArrayList<>(found);
            long sum = fields;
            for (int i = 0; i < sizes.size(); i++) {
                long size = Replies.number(sizes.get(i).result());
                if (size > 0 && sum >= limit) {
                    return read(from, filled, Place.startOf(next + i), limit);
                }
                if (size > 0) {
                    filled.add(next + i);
                }
                sum += size;
            }
            return end == Buckets.COUNT ? read(from, filled, null, limit) : size(from, filled, sum, end, limit);
        });
    }

    /** Reads some buckets; {@code rest} is where those begin that are not read, null if there are none. */
    private Future<OnlinePage> read(Place from, List<Integer> buckets, @Nullable Place rest, int limit) {
        Future<Leases> leases = Leases.read(redis, keys);
        List<Future<Response>> fields = buckets.stream()
                .map(bucket ->
                        redis.send(presence(bucket), Request.cmd(Command.HKEYS).arg(presence(bucket))))
                .toList();
        return Future.all(leases, Future.all(fields)).map(done -> {
            Set<String> living = leases.result().living();
            List<Found> found = new ArrayList<>();
            for (int i = 0; i < buckets.size(); i++) {
                int bucket = buckets.get(i);
                NavigableSet<String> users = users(fields.get(i).result(), living);
                String after = bucket == from.bucket() ? from.after() : "";
                users.tailSet(after, false).forEach(user -> found.add(new Found(bucket, user)));
            }
            List<String> users = found.stream().limit(limit).map(Found::user).toList();
            return new OnlinePage(users, found.size() > limit ? between(found.get(limit - 1), found.get(limit)) : rest);
        });
    }

    private static Place between(Found last, Found next) {
        return next.bucket() == last.bucket() ? new Place(last.bucket(), last.user()) : Place.startOf(next.bucket());
    }

    private static NavigableSet<String> users(Response fields, Set<String> living) {
        NavigableSet<String> users = new TreeSet<>();
        for (Response each : fields) {
            String field = each.toString();
            int bar = field.lastIndexOf('|');
            if (living.contains(field.substring(bar + 1))) {
                users.add(field.substring(0, bar));
            }
        }
        return users;
    }

    private String presence(int bucket) {
        return keys.presence(Buckets.tag(bucket));
    }
}
