package fanfare.presence;

import fanfare.redis.Keys;
import fanfare.redis.RedisLinks;
import fanfare.redis.ServerTime;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The moment of a reading and the ends of all leases, dead ones included, in the order of their incarnations [ms]. */
record Leases(long nowMs, List<String> incarnations, List<Long> ends) {
    static Future<Leases> read(RedisLinks redis, Keys keys) {
        Future<Response> nodes = redis.send(
                keys.nodes(),
                Request.cmd(Command.ZRANGE).arg(keys.nodes()).arg(0).arg(-1).arg("WITHSCORES"));
        Future<Response> time = redis.send(keys.nodes(), Request.cmd(Command.TIME));
        return Future.all(nodes, time).map(done -> {
            List<String> incarnations = new ArrayList<>();
            List<Long> ends = new ArrayList<>();
            Replies.pairs(nodes.result(), 0, (incarnation, end) -> {
                incarnations.add(incarnation);
                ends.add(end);
            });
            return new Leases(ServerTime.msOf(time.result()), incarnations, ends);
        });
    }

    /** The incarnations whose lease had not ended. */
    Set<String> living() {
        Set<String> living = new LinkedHashSet<>();
        for (int i = 0; i < incarnations.size(); i++) {
            if (ends.get(i) > nowMs) {
                living.add(incarnations.get(i));
            }
        }
        return living;
    }
}
