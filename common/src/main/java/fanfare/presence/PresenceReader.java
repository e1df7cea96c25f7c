package fanfare.presence;

import fanfare.redis.Buckets;
import fanfare.redis.Keys;
import fanfare.redis.RedisLinks;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads who is online, right at every moment: whether a lease lives and whether a grace lasts is seen by Redis' clock,
 * not by whether somebody tidied up. Confined to the event loop of its links.
 */
public final class PresenceReader {
    private final RedisLinks redis;
    private final Keys keys;

    public PresenceReader(RedisLinks redis, Keys keys) {
        this.redis = redis;
        this.keys = keys;
    }

    /** Fails with {@link fanfare.redis.RedisDownException} when Redis cannot be asked. */
    public Future<UserPresence> of(String user) {
        return Leases.read(redis, keys).compose(leases -> of(user, leases));
    }

    /** Who of these is online, in their order. Fails like {@link #of}. */
    public Future<Map<String, Boolean>> online(Collection<String> users) {
        Set<String> distinct = new LinkedHashSet<>(users);
        return Leases.read(redis, keys).compose(leases -> {
            List<Future<UserPresence>> all =
                    distinct.stream().map(user -> of(user, leases)).toList();
            return Future.all(all).map(done -> {
                Map<String, Boolean> online = new LinkedHashMap<>();
                all.forEach(
                        each -> online.put(each.result().user(), each.result().online()));
                return online;
            });
        });
    }

    private Future<UserPresence> of(String user, Leases leases) {
        String tag = Buckets.tagOf(user);
        Future<@Nullable Response> fields = leases.incarnations().isEmpty()
                ? Future.succeededFuture()
                : Holding.read(redis, keys, user, leases.incarnations());
        Future<@Nullable Response> grace = redis.send(
                keys.grace(tag),
                Request.cmd(Command.ZSCORE).arg(keys.grace(tag)).arg(user));
        Future<@Nullable Response> seen = redis.send(
                keys.seen(tag), Request.cmd(Command.ZSCORE).arg(keys.seen(tag)).arg(user));
        return Future.all(fields, grace, seen)
                .map(done -> presence(user, leases, fields.result(), grace.result(), seen.result()));
    }

    private static UserPresence presence(
            String user, Leases leases, @Nullable Response fields, @Nullable Response grace, @Nullable Response seen) {
        int connections = 0;
        int nodes = 0;
        long since = Long.MAX_VALUE;
        long lastSeen = seen == null ? 0 : Replies.ms(seen);
        for (int i = 0; fields != null && i < fields.size(); i++) {
            Response field = fields.get(i);
            if (field == null) {
                continue;
            }
            long end = leases.ends().get(i);
            if (end <= leases.nowMs()) {
                lastSeen = Math.max(lastSeen, end);
                continue;
            }
            Holding holding = Holding.parse(field);
            nodes++;
            since = Math.min(since, holding.since());
            connections += holding.connections();
        }
        if (nodes > 0) {
            // The time was taken one round trip before the fields, and nobody was seen before they came.
            return new UserPresence(user, true, connections, nodes, since, Math.max(since, leases.nowMs()));
        }
        boolean inGrace = grace != null && Replies.ms(grace) > leases.nowMs();
        return new UserPresence(user, inGrace, 0, 0, null, lastSeen == 0 ? null : lastSeen);
    }
}
