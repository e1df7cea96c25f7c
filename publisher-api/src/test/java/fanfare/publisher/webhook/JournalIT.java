package fanfare.publisher.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import fanfare.config.RedisConfig;
import fanfare.redis.Buckets;
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
import io.vertx.junit5.VertxExtension;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What owners leave to each other in Redis. */
@ExtendWith(VertxExtension.class)
class JournalIT {
    private static final String TAG = Buckets.tagOf("42");

    private final Keys keys = new Keys("test:" + UUID.randomUUID() + ":");
    private final WebhookMetrics metrics = new WebhookMetrics(new SimpleMeterRegistry(), () -> 0);
    private Context loop;
    private RedisLinks redis;

    @BeforeEach
    void open(Vertx vertx) {
        open(vertx, RedisServer.shared());
    }

    private void open(Vertx vertx, RedisServer server) {
        loop = vertx.getOrCreateContext();
        await(() -> {
            Promise<Void> up = Promise.promise();
            redis = RedisLinks.open(
                    vertx,
                    Shards.of(vertx, new RedisConfig(server.url(), "")),
                    "journal",
                    () -> 0.5,
                    new SimpleMeterRegistry(),
                    new RedisLinks.Listener() {
                        @Override
                        public void up(RedisLink link) {
                            up.tryComplete();
                        }
                    });
            return up.future();
        });
    }

    @AfterEach
    void close() {
        await(redis::close);
    }

    @Test
    void aFormerOwnerChangesNothingAndTheLaterOneGoesOnWhereItStopped() {
        Journal former = begun(1);
        note("online", "42");
        note("offline", "42");
        List<Event> both = await(former::read);
        assertThat(both).extracting(Event::user).containsExactly("42", "42");
        await(() -> former.settle(both.subList(0, 1), both.subList(0, 1)));

        Journal later = begun(3);
        assertThatThrownBy(() -> await(() -> former.settle(both, both)))
                .isInstanceOfSatisfying(FencedException.class, fenced -> assertThat(fenced.token)
                        .isEqualTo(3L));
        assertThatThrownBy(() -> begun(2)).isInstanceOf(FencedException.class);
        assertThat(await(later::read)).isEqualTo(both.subList(1, 2));
        assertThat(await(() -> later.news(both.subList(1, 2)))).isEqualTo(both.subList(1, 2));

        await(() -> later.settle(both, both));
        await(() -> later.settle(both.subList(0, 1), List.of()));
        assertThat(redis(Command.HGET, keys.webhook(TAG), "cursor"))
                .hasToString(both.get(1).place().toString());
        redis(Command.DEL, keys.webhook(TAG));
        assertThatThrownBy(() -> await(() -> later.settle(both, both))).isInstanceOf(FencedException.class);
    }

    @Test
    void whatTheSiteBelievesIsNoNews() {
        Journal journal = begun(1);
        for (String change : List.of("offline", "online", "online", "later-kind", "offline", "offline", "online")) {
            note(change, "42");
        }
        List<Event> all = await(journal::read);
        List<Event> news = await(() -> journal.news(all));
        assertThat(news).extracting(event -> all.indexOf(event)).containsExactly(1, 4, 6);
        await(() -> journal.settle(all, news));
        assertThat(await(journal::read)).isEmpty();
        note("online", "42");
        List<Event> repeated = await(journal::read);
        assertThat(await(() -> journal.news(repeated))).isEmpty();
    }

    @Test
    void aLossIsMendedPieceByPieceWhoeverIsTheOwner() {
        begun(1);
        List<String> gone =
                IntStream.range(0, 600).mapToObj(number -> "gone-" + number).toList();
        gone.forEach(user -> redis(Command.SADD, keys.told(TAG), user));
        redis(Command.SADD, keys.told(TAG), "stays");
        redis(Command.HSET, keys.online(TAG), "stays", 1);
        redis(Command.HSET, keys.online(TAG), "comes", 1);
        redis(Command.ZADD, keys.grace(TAG), 1, "leaves");
        redis(Command.HSET, keys.webhook(TAG), "lossy", 1);

        List<String> told = new ArrayList<>();
        Journal journal = begun(2);
        do {
            List<Event> events = await(journal::read);
            events.forEach(event -> told.add(event.change() + " " + event.user()));
            await(() -> journal.settle(events, events));
        } while (journal.hasMore());
        assertThat(told)
                .hasSize(602)
                .doesNotHaveDuplicates()
                .contains("ONLINE comes", "ONLINE leaves")
                .containsAll(gone.stream().map(user -> "OFFLINE " + user).toList());
        assertThat(redis(Command.HEXISTS, keys.webhook(TAG), "lossy")).hasToString("0");
    }

    @Test
    void aServerThatTakesNoWritesIsLeftToALaterReading(Vertx vertx) {
        close();
        try (RedisServer server = RedisServer.start()) {
            open(vertx, server);
            Journal journal = begun(1);
            note("online", "42");
            List<Event> told = await(journal::read);
            redis(Command.CONFIG, "SET", "min-replicas-to-write", 1);
            await(() -> journal.settle(told, told));
            assertThat(await(journal::read)).isEmpty();

            redis(Command.CONFIG, "SET", "min-replicas-to-write", 0);
            assertThat(await(journal::read)).isEqualTo(told);
        }
    }

    private Journal begun(long token) {
        return await(() -> {
            Journal journal = new Journal(redis, keys, token, metrics);
            return journal.begin().map(journal);
        });
    }

    private void note(String change, String user) {
        redis(Command.XADD, keys.events(TAG), "*", "type", change, "user", user);
    }

    private Response redis(Command command, Object... arguments) {
        Request request = Request.cmd(command);
        for (Object argument : arguments) {
            request.arg(argument.toString());
        }
        return await(() -> redis.send("", request));
    }

    private <T> T await(Supplier<Future<T>> call) {
        return Await.on(loop, call);
    }
}
