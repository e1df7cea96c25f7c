package fanfare.publisher;

import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.redis.Keys;
import fanfare.testing.RedisServer;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What a publisher has left in a user's inbox. */
final class StoredItems {
    private StoredItems() {}

    static List<Item> of(Vertx vertx, RedisServer server, String prefix, String user) throws Exception {
        return ask(
                        vertx,
                        server,
                        Request.cmd(Command.LRANGE)
                                .arg(inbox(prefix, user))
                                .arg(0)
                                .arg(-1))
                .stream()
                .map(item -> Item.parse(item.toBuffer()))
                .toList();
    }

    /** Makes the user's inbox something that nothing can be added to. */
    static void spoil(Vertx vertx, RedisServer server, String prefix, String user) throws Exception {
        ask(vertx, server, Request.cmd(Command.SET).arg(inbox(prefix, user)).arg("no list"));
    }

    private static String inbox(String prefix, String user) {
        return new Keys(prefix).kept(Channel.user(user));
    }

    static Response ask(Vertx vertx, RedisServer server, Request request) throws Exception {
        Redis redis = Redis.createClient(vertx, server.url());
        try {
            return redis.send(request).toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
        } finally {
            redis.close();
        }
    }
}
