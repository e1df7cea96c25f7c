package fanfare.deploy.bench;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/** What one kept message costs a user's inbox, as a list and as a stream: key, expiry and all. */
record InboxMemory(List<Row> rows) {
    private static final int AT_ONCE = 100;
    private static final Duration FILL_MAX = Duration.ofSeconds(60);
    private static final String TTL = "604800";

    /** @param messageBytes length of the one message in each inbox */
    record Row(int messageBytes, double listBytes, double streamBytes) {
        double ratio() {
            return listBytes / streamBytes;
        }
    }

    /** Empties Redis before each filling. */
    static InboxMemory measure(Loop loop, RedisMeter redis, Publishing publishing, int users, List<Integer> lengths)
            throws IOException, InterruptedException {
        List<Row> rows = new ArrayList<>();
        for (int length : lengths) {
            Buffer message = Buffer.buffer("x".repeat(length));
            IntFunction<String> key = user -> publishing.keys().kept(Publishing.user(user));
            double list = fill(loop, redis, publishing, users, key, user -> Request.cmd(Command.RPUSH)
                    .arg(key.apply(user))
                    .arg(message));
            double stream = fill(loop, redis, publishing, users, key, user -> Request.cmd(Command.XADD)
                    .arg(key.apply(user))
                    .arg("*")
                    .arg("item")
                    .arg(message));
            rows.add(new Row(length, list, stream));
        }
        return new InboxMemory(rows);
    }

    private static double fill(
            Loop loop,
            RedisMeter redis,
            Publishing publishing,
            int users,
            IntFunction<String> key,
            IntFunction<Request> add)
            throws IOException, InterruptedException {
        redis.command("FLUSHALL", "SYNC");
        double before = redis.info("memory", "used_memory");
        loop.await(
                "filling inboxes",
                FILL_MAX,
                () -> Pipeline.run(
                        users,
                        AT_ONCE,
                        user -> Future.all(
                                publishing.link().send(add.apply(user)),
                                publishing
                                        .link()
                                        .send(Request.cmd(Command.EXPIRE)
                                                .arg(key.apply(user))
                                                .arg(TTL)))));
        return (redis.info("memory", "used_memory") - before) / users;
    }

    void addTo(Table table) {
        for (Row row : rows) {
            add(table, "list", row.messageBytes(), row.listBytes(), row.ratio());
            add(table, "stream", row.messageBytes(), row.streamBytes(), 1);
        }
    }

    private static void add(Table table, String kind, int messageBytes, double bytes, double ratio) {
        String name = "%s with one message of %d bytes".formatted(kind, messageBytes);
        table.add(name, "", "", "", "", "", Table.number(Math.round(bytes)), Table.number(ratio, 2));
    }

    JsonArray json() {
        JsonArray json = new JsonArray();
        rows.forEach(row -> json.add(new JsonObject()
                .put("messageBytes", row.messageBytes())
                .put("listBytesPerUser", Math.round(row.listBytes()))
                .put("streamBytesPerUser", Math.round(row.streamBytes()))
                .put("listToStream", Outcome.rounded(row.ratio()))));
        return json;
    }
}
