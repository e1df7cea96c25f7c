package fanfare.redis;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.config.RedisConfig;
import fanfare.testing.Await;
import fanfare.testing.RedisServer;
import fanfare.testing.RedisTrio;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(VertxExtension.class)
class MastersIT {
    private static final int LOOK_MS = 100;

    private Vertx vertx;
    private Context loop;

    @BeforeEach
    void open(Vertx vertx) {
        this.vertx = vertx;
        this.loop = vertx.getOrCreateContext();
    }

    @Test
    void aSubscriberLeavesAMasterThatWasDemotedWithoutAWordAndComesBackWhenItIsOneAgain() {
        try (RedisServer server = RedisServer.start();
                RedisServer other = RedisServer.start()) {
            AtomicInteger subscribed = new AtomicInteger();
            RedisLink link = link(masters(server.url()), subscribed);
            Await.until("it is subscribed", () -> subscribed.get() == 1);
            String before = replid(link);

            RedisTrio.ask(server, "REPLICAOF", "127.0.0.1", Integer.toString(other.port()));
            Await.until("the link is dropped and none is made to a replica", () -> !link.isUp());
            RedisTrio.ask(server, "REPLICAOF", "NO", "ONE");
            Await.until("it is subscribed again", () -> subscribed.get() == 2);
            assertThat(replid(link)).isNotEqualTo(before);
            close(link);
        }
    }

    @Test
    void everyLinkOnAMasterWhoseReplicaWasPromotedIsDroppedOnceOneLinkHasMetThatReplica() {
        try (RedisServer first = RedisServer.start();
                RedisServer second = RedisServer.start("--replicaof", "127.0.0.1 " + first.port())) {
            Await.until("the replica follows", () -> "up"
                    .equals(RedisTrio.info(second, "replication").get("master_link_status")));
            Masters masters = masters(first.url());
            RedisLink link = link(masters, new AtomicInteger());
            Await.until("the link is up", link::isUp);
            String dead = replid(link);
            RedisTrio.ask(second, "REPLICAOF", "NO", "ONE");

            assertThat(masters.isDead(dead)).isFalse();
            String info = RedisTrio.ask(second, "INFO", "replication");
            Replication promoted = Replication.parse(info);
            assertThat(promoted).isNotNull();
            assertThat(masters.objection(promoted)).isNull();
            assertThat(masters.isDead(dead)).isTrue();
            Await.until("the link to the dead master is dropped", () -> !link.isUp());
            assertThat(RedisTrio.info(first, "replication")).containsEntry("role", "master");
            close(link);
        }
    }

    @Test
    void aSentinelIsAskedInTurnAndThePasswordIsForWhoeverAsksForIt(@TempDir Path folder) {
        try (RedisServer server = RedisServer.start("--requirepass", "pass word");
                RedisServer open = RedisServer.sentinel(RedisServer.freePort(), folder, monitor(server));
                RedisServer locked = RedisServer.sentinel(
                        RedisServer.freePort(), folder, "requirepass \"pass word\"\n" + monitor(server))) {
            int nobody = RedisServer.freePort();
            for (int port : List.of(open.port(), locked.port())) {
                RedisLink link = link(
                        masters("redis-sentinel://:pass%20word@127.0.0.1:" + nobody + ",127.0.0.1:" + port + "/m"),
                        new AtomicInteger());
                Await.until("the link is up", link::isUp);
                close(link);
            }
        }
    }

    private static String monitor(RedisServer server) {
        return "sentinel monitor m 127.0.0.1 " + server.port() + " 2\n";
    }

    private Masters masters(String url) {
        return Masters.of(vertx, new RedisConfig(url, "test:"), LOOK_MS);
    }

    private RedisLink link(Masters masters, AtomicInteger subscribed) {
        return on(() -> {
            RedisLink[] made = new RedisLink[1];
            made[0] = new RedisLink(
                    vertx, masters, "test", () -> 0.5, new SimpleMeterRegistry(), new RedisLink.Listener() {
                        @Override
                        public void up() {
                            made[0].subscribing(Command.SUBSCRIBE, List.of("test:channel"));
                        }

                        @Override
                        public void push(Response message) {
                            subscribed.incrementAndGet();
                        }
                    });
            made[0].open();
            return Future.succeededFuture(made[0]);
        });
    }

    private String replid(RedisLink link) {
        return on(() -> Future.succeededFuture(link.replid()));
    }

    private void close(RedisLink link) {
        on(link::close);
    }

    private <T> T on(Supplier<Future<T>> call) {
        return Await.on(loop, call);
    }
}
