package fanfare.presence;

import fanfare.redis.Buckets;
import fanfare.redis.Keys;
import fanfare.redis.RedisLinks;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.Collection;

/**
 * What a gateway has told of a user whom it holds.
 *
 * @param since from when on it does [ms]
 */
record Holding(long since, int connections) {
    /** Reads what these gateways have told of a user, in their order; there must be one. */
    static Future<Response> read(RedisLinks redis, Keys keys, String user, Collection<String> incarnations) {
        String key = keys.presence(Buckets.tagOf(user));
        Request request = Request.cmd(Command.HMGET).arg(key);
        incarnations.forEach(incarnation -> request.arg(user + "|" + incarnation));
        return redis.send(key, request);
    }

    static Holding parse(Response field) {
        String value = field.toString();
        int space = value.indexOf(' ');
        return new Holding(Long.parseLong(value.substring(0, space)), Integer.parseInt(value.substring(space + 1)));
    }
}
