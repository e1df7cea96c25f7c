package fanfare.publisher;

import fanfare.config.RedisConfig;
import fanfare.presence.NodeState;
import fanfare.presence.PresenceLimits;
import fanfare.presence.PresenceWriter;
import fanfare.process.Ticker;
import fanfare.redis.Keys;
import fanfare.redis.RedisLink;
import fanfare.redis.RedisLinks;
import fanfare.redis.Shards;
import fanfare.testing.Await;
import fanfare.testing.RedisServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.UUID;
import java.util.function.Supplier;

/** A gateway as far as Redis knows of it: a lease and the users whom it holds. */
final class KnownGateway {
    private final Context loop;
    private final RedisLinks links;
    private final PresenceWriter writer;

    private KnownGateway(Vertx vertx, String redisUrl, String prefix, PresenceLimits limits, NodeState state) {
        RedisConfig config = new RedisConfig(redisUrl, prefix);
        Keys keys = new Keys(prefix);
        Promise<PresenceWriter> made = Promise.promise();
        loop = vertx.getOrCreateContext();
        links = RedisLinks.open(
                vertx,
                Shards.of(vertx, config),
                state.node(),
                () -> 0.5,
                new SimpleMeterRegistry(),
                new RedisLinks.Listener() {
                    @Override
                    public void up(RedisLink link) {
                        made.future().onSuccess(writer -> writer.linkUp(link));
                    }
                });
        writer = new PresenceWriter(
                links,
                keys,
                limits,
                () -> UUID.randomUUID().toString(),
                () -> state,
                () -> {},
                shared -> {},
                new SimpleMeterRegistry());
        writer.start(Ticker.start(vertx, Duration.ofMillis(50)));
        made.complete(writer);
    }

    static KnownGateway start(Vertx vertx, String prefix, PresenceLimits limits, NodeState state) {
        return start(vertx, RedisServer.shared().url(), prefix, limits, state);
    }

    static KnownGateway start(Vertx vertx, String redisUrl, String prefix, PresenceLimits limits, NodeState state) {
        return on(
                vertx.getOrCreateContext(),
                () -> Future.succeededFuture(new KnownGateway(vertx, redisUrl, prefix, limits, state)));
    }

    void open(String user) {
        loop.runOnContext(go -> writer.opened(user));
    }

    void leave(String user) {
        loop.runOnContext(go -> writer.closed(user));
    }

    /** Falls silent, its lease still running. */
    void crash() {
        on(loop, links::close);
    }

    /** Says that its users have left, and goes. */
    void stop() {
        on(loop, writer::stop);
        on(loop, links::close);
    }

    private static <T> T on(Context loop, Supplier<Future<T>> call) {
        return Await.on(loop, call);
    }
}
