package fanfare.redis;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.config.RedisConfig;
import fanfare.testing.Await;
import fanfare.testing.RedisCluster;
import fanfare.testing.RedisServer;
import fanfare.testing.RedisTrio;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.junit5.VertxExtension;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** The later tests find the cluster as the earlier ones have left it. */
@ExtendWith(VertxExtension.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ShardsIT {
    private static final int LOOK_MS = 500;
    private static RedisCluster cluster;

    private Context loop;
    private Shards shards;
    private RedisLinks links;

    @BeforeAll
    static void start() {
        // Redirections go on calling servers by their addresses.
        cluster = RedisCluster.start(3, "--cluster-announce-hostname", "localhost");
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @BeforeEach
    void open(Vertx vertx) {
        loop = vertx.getOrCreateContext();
        shards = Shards.of(vertx, new RedisConfig(cluster.url(), "test:"), LOOK_MS);
        links = on(() -> Future.succeededFuture(RedisLinks.open(
                vertx, shards, "test", () -> 0.5, new SimpleMeterRegistry(), new RedisLinks.Listener() {})));
        Await.until(
                "all shards are reached",
                () -> links.all().size() == 3 && links.all().stream().allMatch(RedisLink::isUp));
    }

    @AfterEach
    void close() {
        on(links::close);
    }

    @Test
    @Order(1)
    void everyCommandGoesWhereItsKeyIs() {
        assertThat(shards.slots().shards()).hasSize(3);
        for (int bucket = 0; bucket < Buckets.COUNT; bucket += 64) {
            String key = "{" + Buckets.tag(bucket) + "}x";
            assertThat(set(key, "1")).isEqualTo("OK");
            assertThat(RedisTrio.ask(cluster.master(cluster.ownerOf(key)), "GET", key))
                    .isEqualTo("1");
        }
        for (Shard shard : shards.slots().shards()) {
            assertThat(shards.slots().of("{" + shard.tag() + "}")).isSameAs(shard);
        }
    }

    @Test
    @Order(1)
    void whoAsksAgainIsAnsweredOnTheirOwnLoop(Vertx vertx) {
        Context other = ((VertxInternal) vertx).createEventLoopContext();
        assertThat(other).isNotSameAs(loop);
        Promise<Context> answeredOn = Promise.promise();
        other.runOnContext(
                go -> shards.refresh().onComplete(answer -> answeredOn.complete(vertx.getOrCreateContext())));
        assertThat(Await.result(answeredOn.future())).isSameAs(other);
    }

    @Test
    @Order(2)
    void aKeyIsFoundWhileItsSlotMovesAndAfterIt() {
        String key = "{moving}key";
        int slot = cluster.slotOf(key);
        RedisServer from = cluster.master(cluster.ownerOf(key));
        RedisServer to = cluster.master((cluster.ownerOf(key) + 1) % 3);
        Shard before = shards.slots().of(key);
        set(key, "1");
        cluster.beginMove(slot, from, to);
        assertThat(get(key)).isEqualTo("1");
        cluster.moveKeys(slot, from, to);
        assertThat(RedisTrio.ask(from, "EXISTS", key)).startsWith("ASK");
        assertThat(get(key)).isEqualTo("1");
        // Of two keys one may be here and the other there: that is waited for.
        Future<Response> both = start(() -> links.send(
                key,
                Request.cmd(Command.MSET).arg(key).arg(2).arg("{moving}new").arg(3)));
        assertThat(RedisTrio.ask(from, "GET", "{moving}new")).startsWith("ASK");
        cluster.endMove(slot, from, to);
        assertThat(Await.result(both).toString()).isEqualTo("OK");
        assertThat(get(key)).isEqualTo("2");
        Await.until("the new owner is known", () -> shards.slots().of(key) != before);
        assertThat(RedisTrio.ask(to, "GET", "{moving}new")).isEqualTo("3");
    }

    @Test
    @Order(3)
    void aPromotedReplicaIsTheSameShard() {
        Shard shard = shards.slots().of("{0}");
        RedisLink link = on(() -> Future.succeededFuture(links.at("{0}")));
        String replid = on(() -> Future.succeededFuture(link.replid()));
        set("{0}", "before");
        cluster.failOver(cluster.replica(cluster.ownerOf("{0}")));
        Await.until("the promoted one is reached", () -> {
            String now = on(() -> Future.succeededFuture(link.replid()));
            return link.isUp() && !now.equals(replid);
        });
        assertThat(get("{0}")).isEqualTo("before");
        assertThat(shards.slots().of("{0}")).isSameAs(shard);
        assertThat(shard.masters().isDead(replid)).isTrue();
    }

    @Test
    @Order(4)
    void whatIsOnOtherShardsIsThereWhenOneIsGone() {
        String gone = keyOf(1);
        String there = keyOf(2);
        set(gone, "1");
        cluster.replica(1).kill();
        cluster.master(1).kill();
        Await.until("the loss is known", () -> on(() -> Future.succeededFuture(!links.isUp(gone))));
        assertThat(links.isUp()).isTrue();
        assertThat(set(there, "1")).isEqualTo("OK");
        assertThat(on(() -> links.send(gone, Request.cmd(Command.GET).arg(gone))
                        .map("there")
                        .otherwise(failure -> failure.getClass().getSimpleName())))
                .isEqualTo("RedisDownException");
        cluster.master(1).restart();
        Await.until("it is back", () -> on(() -> Future.succeededFuture(links.isUp(gone))));
        assertThat(set(gone, "2")).isEqualTo("OK");
    }

    private static String keyOf(int master) {
        int number = 0;
        while (cluster.ownerOf("{" + number + "}") != master) {
            number++;
        }
        return "{" + number + "}";
    }

    private String set(String key, String value) {
        return on(() -> links.send(key, Request.cmd(Command.SET).arg(key).arg(value)))
                .toString();
    }

    private String get(String key) {
        return on(() -> links.send(key, Request.cmd(Command.GET).arg(key))).toString();
    }

    private <T> T on(Supplier<Future<T>> call) {
        return Await.on(loop, call);
    }

    private <T> Future<T> start(Supplier<Future<T>> call) {
        return Future.future(promise -> loop.runOnContext(go -> call.get().onComplete(promise)));
    }
}
