package fanfare.receipt;

import fanfare.redis.Keys;
import fanfare.redis.LuaScript;
import fanfare.redis.RedisLinks;
import io.vertx.core.Future;
import io.vertx.redis.client.Response;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads what became of publications. */
public final class ReceiptReader {
    private final RedisLinks redis;
    private final Keys keys;
    private final LuaScript read = new LuaScript("receipt-read");

    public ReceiptReader(RedisLinks redis, Keys keys) {
        this.redis = redis;
        this.keys = keys;
    }

    /**
     * The receipt of the publications with this id, one delivery for each channel that has taken one; empty if there is
     * none. Fails with {@link fanfare.redis.RedisDownException} when Redis cannot be asked.
     */
    public Future<List<Delivery>> read(String id) {
        return read.run(redis, List.of(keys.receipt(id)), List.of()).map(ReceiptReader::deliveries);
    }

    private static List<Delivery> deliveries(Response answer) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (int i = 1; i + 1 < answer.size(); i += 2) {
            fields.put(answer.get(i).toString(), answer.get(i + 1).toString());
        }
        return Delivery.all(fields, Long.parseLong(answer.get(0).toString()));
    }
}
