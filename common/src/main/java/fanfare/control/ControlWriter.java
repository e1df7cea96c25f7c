package fanfare.control;

import fanfare.redis.Keys;
import fanfare.redis.LuaScript;
import fanfare.redis.RedisLinks;
import io.vertx.core.Future;
import java.util.List;
import java.util.function.Supplier;

/** Gives orders to all gateways. Confined to the event loop of its links. */
public final class ControlWriter {
    private static final int KEPT_MAX = 10_000;
    /** One order may name a thousand connections that stay. Gateways that miss what went ask the site about everybody. */
    private static final int BYTES_MAX = 16 << 20;

    private static final int ONCE_S = 120;

    private final RedisLinks redis;
    private final Keys keys;
    private final Supplier<String> ids;
    private final LuaScript script;

    /** Makes a writer; {@code ids} gives a new random id for each order. */
    public ControlWriter(RedisLinks redis, Keys keys, Supplier<String> ids) {
        this.redis = redis;
        this.keys = keys;
        this.ids = ids;
        this.script = new LuaScript(redis.pubSub().words(), "control");
    }

    /** Fails with {@link fanfare.redis.RedisDownException} when it is not known whether Redis took the order. */
    public Future<Void> disconnect(Disconnect order) {
        return script.run(
                        redis,
                        List.of(keys.control(), keys.controlOnce(ids.get())),
                        List.of(order.toJson(), KEPT_MAX, BYTES_MAX, ONCE_S))
                .mapEmpty();
    }
}
