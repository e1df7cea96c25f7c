package fanfare.presence;

import io.vertx.redis.client.Response;
import io.vertx.redis.client.ResponseType;
import java.util.function.ObjLongConsumer;

/** The shapes in which Redis answers with times. */
final class Replies {
    private Replies() {}

    static long number(Response integer) {
        return Long.parseLong(integer.toString());
    }

    /** A score of milliseconds, which a RESP3 server gives as a double and a RESP2 server as text. */
    static long ms(Response score) {
        return (long) Double.parseDouble(score.toString());
    }

    /** Members and scores, flat as RESP2 and scripts give them or in pairs as RESP3 does, from an index on. */
    static void pairs(Response reply, int from, ObjLongConsumer<String> each) {
        for (int i = from; i < reply.size(); i++) {
            Response item = reply.get(i);
            if (item.type() == ResponseType.MULTI) {
                each.accept(item.get(0).toString(), ms(item.get(1)));
            } else {
                each.accept(item.toString(), ms(reply.get(++i)));
            }
        }
    }
}
