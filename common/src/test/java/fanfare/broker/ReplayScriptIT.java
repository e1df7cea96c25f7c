package fanfare.broker;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.config.RedisConfig;
import fanfare.redis.Keys;
import fanfare.redis.LuaScript;
import fanfare.redis.PubSub;
import fanfare.redis.RedisLinks;
import fanfare.redis.Shards;
import fanfare.testing.Await;
import fanfare.testing.RedisServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a new master makes of a replay of which it has taken only a part. */
@ExtendWith(VertxExtension.class)
class ReplayScriptIT {
    private static final Channel ALICE = Channel.user("alice");
    private static final int AN_HOUR_MS = 3_600_000;

    private final LuaScript script = new LuaScript(PubSub.PLAIN.words(), "append", "replay");
    private final String prefix = "test-" + UUID.randomUUID() + ":";
    private final Keys keys = new Keys(prefix);
    private Context loop;
    private RedisLinks redis;

    @BeforeEach
    void open(Vertx vertx) {
        loop = vertx.getOrCreateContext();
        redis = Await.on(
                loop,
                () -> Future.succeededFuture(RedisLinks.open(
                        vertx,
                        Shards.of(vertx, new RedisConfig(RedisServer.shared().url(), prefix)),
                        "replays",
                        () -> 0.5,
                        new SimpleMeterRegistry(),
                        new RedisLinks.Listener() {})));
        Await.until("the link is up", redis::isUp);
    }

    @AfterEach
    void close() {
        Await.on(loop, redis::close);
    }

    @Test
    void whatFollowsARefusedOneIsRefusedToo() {
        assertThat(replay("second", "first", 2, AN_HOUR_MS)).isEqualTo("EARLY");
        assertThat(stored()).isEmpty();
        replay("first", "first", 1, AN_HOUR_MS);
        String position = replay("second", "first", 2, AN_HOUR_MS);
        assertThat(stored()).containsExactly("first", "second");
        assertThat(replay("second", "first", 2, AN_HOUR_MS)).isEqualTo(position);
    }

    @Test
    void whatHasExpiredWaitsForNothing() {
        assertThat(replay("second", "first", 2, -1)).isEqualTo("EXPIRED");
    }

    private String replay(String id, String before, int sequence, int ttlMs) {
        long now = System.currentTimeMillis();
        return Await.on(loop, () -> script.run(
                        redis,
                        List.of(keys.fence(ALICE), keys.once(ALICE, id), keys.kept(ALICE), keys.once(ALICE, before)),
                        List.of(
                                "list",
                                "master",
                                1,
                                0,
                                100,
                                1_000_000,
                                3_600,
                                120,
                                0,
                                keys.live(ALICE),
                                Item.headerTail(id, "/n", 0),
                                "{}",
                                1,
                                sequence,
                                now,
                                now + ttlMs))
                .map(answer -> answer.get(0).toString()));
    }

    private List<String> stored() {
        return Await.on(
                        loop,
                        () -> redis.send(
                                keys.kept(ALICE),
                                Request.cmd(Command.LRANGE)
                                        .arg(keys.kept(ALICE))
                                        .arg(0)
                                        .arg(-1)))
                .stream()
                .map(item -> Item.parse(item.toBuffer()).id())
                .toList();
    }
}
