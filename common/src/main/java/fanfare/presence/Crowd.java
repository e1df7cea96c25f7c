package fanfare.presence;

import fanfare.process.SharedQuestion;
import fanfare.redis.Buckets;
import fanfare.redis.Keys;
import fanfare.redis.LuaScript;
import fanfare.redis.RedisLinks;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How many connections a user has on all gateways together, and when they began. What is needed for the first is always in
 * Redis; the second is brought together by the gateways when they are called to it. Confined to the event loop of its links.
 */
public final class Crowd {
    /** Much longer than gateways take to answer a call [s]. */
    private static final int CALL_S = 10;

    private final RedisLinks redis;
    private final Keys keys;
    private final LuaScript openings = new LuaScript("openings");
    /** Read after whoever asks: so a gateway that told before is not overlooked. */
    private final SharedQuestion<Leases> leases;

    public Crowd(Vertx vertx, RedisLinks redis, Keys keys) {
        this.redis = redis;
        this.keys = keys;
        this.leases = new SharedQuestion<>(vertx.getOrCreateContext(), () -> Leases.read(redis, keys));
    }

    /** The user's connections on gateways that live, as these have told. Fails when Redis cannot be asked. */
    public Future<Integer> count(String user) {
        return held(user)
                .map(held ->
                        held.values().stream().mapToInt(Holding::connections).sum());
    }

    /** Calls all gateways to say when their connections of the user began, under a new id without space. */
    public Future<Void> call(String user, String id) {
        return redis.send(
                        keys.crowds(),
                        Request.cmd(redis.pubSub().publish()).arg(keys.crowds()).arg(id + " " + user))
                .mapEmpty();
    }

    /**
     * Says when this gateway's connections of a user began. Safe to repeat.
     *
     * @param id of the call that this answers
     * @param times oldest first [ms]
     * @return what all gateways have said that hold the user; null as long as one has not
     */
    public Future<@Nullable Openings> tell(String user, String id, String incarnation, List<Long> times) {
        String text = times.stream().map(String::valueOf).collect(Collectors.joining(" "));
        Future<Response> said =
                openings.run(redis, List.of(keys.crowd(Buckets.tagOf(user), id)), List.of(incarnation, text, CALL_S));
        Future<Map<String, Holding>> held = held(user);
        return Future.all(said, held).map(done -> {
            Map<String, List<Long>> answers = answers(said.result());
            boolean complete = answers.keySet().containsAll(held.result().keySet());
            answers.keySet().retainAll(held.result().keySet());
            return complete ? new Openings(answers) : null;
        });
    }

    /** What living gateways have told of a user, by incarnation. */
    private Future<Map<String, Holding>> held(String user) {
        return leases.ask().compose(leases -> {
            List<String> living = new ArrayList<>(leases.living());
            if (living.isEmpty()) {
                return Future.succeededFuture(Map.of());
            }
            return Holding.read(redis, keys, user, living).map(fields -> {
                Map<String, Holding> held = new LinkedHashMap<>();
                for (int i = 0; i < living.size(); i++) {
                    Response field = fields.get(i);
                    if (field != null) {
                        held.put(living.get(i), Holding.parse(field));
                    }
                }
                return held;
            });
        });
    }

    private static Map<String, List<Long>> answers(Response flat) {
        Map<String, List<Long>> answers = new HashMap<>();
        for (int i = 0; i < flat.size(); i += 2) {
            answers.put(
                    flat.get(i).toString(),
                    Stream.of(flat.get(i + 1).toString().split(" "))
                            .map(Long::valueOf)
                            .toList());
        }
        return answers;
    }
}
