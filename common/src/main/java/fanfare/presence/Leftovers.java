package fanfare.presence;

import fanfare.redis.Buckets;
import fanfare.redis.Keys;
import fanfare.redis.RedisLink;
import fanfare.redis.RedisLinks;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Looks, bucket after bucket, whom a master that took another's place takes for held by this gateway: it may lack the newest
 * that the one before was told, ends included. Slowly, since all gateways do so at a time. Confined to the event loop of its
 * links.
 */
final class Leftovers {
    /** How often {@link #look} wants to be called. */
    static final Duration PERIOD = Duration.ofSeconds(1);

    /** At a time. */
    private static final int PAGES = 16;
    /** Fields that Redis looks at for one, about. */
    private static final int PAGE = 1_000;

    private static final String FIRST = "0";

    private final RedisLinks redis;
    private final Keys keys;
    private final Supplier<String> incarnation;
    private final Consumer<String> found;
    /** Cursors by the tags of buckets that are not read to the end. */
    private final Map<String, String> left = new LinkedHashMap<>();

    /** @param found told of each user whom Redis takes for held */
    Leftovers(RedisLinks redis, Keys keys, Supplier<String> incarnation, Consumer<String> found) {
        this.redis = redis;
        this.keys = keys;
        this.incarnation = incarnation;
        this.found = found;
    }

    /** All buckets of a shard are to be looked at, from their beginnings. */
    void doubt(RedisLink link) {
        for (int bucket = 0; bucket < Buckets.COUNT; bucket++) {
            if (redis.at(keys.presence(Buckets.tag(bucket))) == link) {
                left.put(Buckets.tag(bucket), FIRST);
            }
        }
    }

    /** A new incarnation has left nothing behind, and the former one's is reaped. */
    void forget() {
        left.clear();
    }

    void look() {
        for (int page = 0; page < PAGES && !left.isEmpty(); page++) {
            Map.Entry<String, String> next = left.entrySet().iterator().next();
            left.remove(next.getKey());
            look(next.getKey(), next.getValue(), incarnation.get());
        }
    }

    private void look(String tag, String cursor, String of) {
        String presence = keys.presence(tag);
        Request page = Request.cmd(Command.HSCAN)
                .arg(presence)
                .arg(cursor)
                .arg("MATCH")
                .arg("*|" + of)
                .arg("COUNT")
                .arg(PAGE);
        redis.send(presence, page).onComplete(answer -> {
            if (!of.equals(incarnation.get())) {
                return;
            }
            if (answer.failed()) {
                left.putIfAbsent(tag, cursor);
                return;
            }
            Response fields = answer.result().get(1);
            for (int i = 0; i < fields.size(); i += 2) {
                String field = fields.get(i).toString();
                found.accept(field.substring(0, field.lastIndexOf('|')));
            }
            String rest = answer.result().get(0).toString();
            if (!rest.equals(FIRST)) {
                left.putIfAbsent(tag, rest);
            }
        });
    }
}
