package fanfare.publisher.rate;

import fanfare.publisher.auth.Rate;
import fanfare.redis.Keys;
import fanfare.redis.LuaScript;
import fanfare.redis.RedisLinks;
import io.vertx.core.Future;
import io.vertx.redis.client.Response;
import java.util.List;

/** The buckets in Redis, one for each key. Confined to the event loop of its links. */
final class TokenBucket {
    private static final LuaScript SCRIPT = new LuaScript("rate");

    private final RedisLinks redis;
    private final Keys keys;

    TokenBucket(RedisLinks redis, Keys keys) {
        this.redis = redis;
        this.keys = keys;
    }

    /**
     * What came of a try to take tokens.
     *
     * @param tokens that were taken, 0 if what was needed was not there
     * @param left in the bucket; below 0 if it owes some
     */
    record Taken(long tokens, long left) {}

    /**
     * Takes the tokens that are wanted as far as they are there, but nothing if what is needed is not. More than a
     * bucket can hold is given by a full one.
     *
     * @return fails when Redis cannot be asked
     */
    Future<Taken> take(String keyId, Rate rate, long needed, long wanted) {
        List<String> names = List.of(keys.rate(keyId));
        List<Long> args = List.of((long) rate.perSecond(), (long) rate.burst(), needed, wanted);
        // Not with the other commands of the tick: these may be sent twice, and would be charged twice.
        return redis.batch(names.get(0), List.of(SCRIPT.call(names, args)))
                .recover(failure -> LuaScript.isUnknown(failure)
                        ? redis.batch(names.get(0), List.of(SCRIPT.load(), SCRIPT.call(names, args)))
                        : Future.failedFuture(failure))
                .map(answers -> taken(answers.get(answers.size() - 1)));
    }

    private static Taken taken(Response answer) {
        return new Taken(
                Long.parseLong(answer.get(0).toString()),
                Long.parseLong(answer.get(1).toString()));
    }
}
