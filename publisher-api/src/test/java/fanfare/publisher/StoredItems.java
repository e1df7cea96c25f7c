package fanfare.publisher;

import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.redis.Keys;
import fanfare.testing.RedisServer;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Reads what a publisher has left in a user's inbox. */
final class StoredItems {
    private StoredItems() {}

    static List<Item> of(Vertx vertx, RedisServer server, String prefix, String user) throws Exception {
        Redis redis = Redis.createClient(vertx, server.url());
        try {
            return redis.send(Request.cmd(Command.LRANGE)
                            .arg(new Keys(prefix).kept(Channel.user(user)))
                            .arg(0)
                            .arg(-1))
                    .map(list -> list.stream()
                            .map(item -> Item.parse(item.toBuffer()))
                            .toList())
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(10, TimeUnit.SECONDS);
        } finally {
            redis.close();
        }
    }
}
