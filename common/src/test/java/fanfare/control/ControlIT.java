package fanfare.control;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.config.RedisConfig;
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
import io.vertx.core.buffer.Buffer;
import io.vertx.junit5.VertxExtension;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class ControlIT {
    private Context loop;
    private Keys keys;
    private RedisLinks redis;
    private RedisLink subscriber;
    private ControlWriter writer;
    private ControlReader reader;
    private Supplier<String> ids = () -> UUID.randomUUID().toString();
    private final List<String> applied = new ArrayList<>();
    /** What came live, handed to the reader when a test wants it. */
    private final Queue<Buffer> live = new ArrayDeque<>();

    /** How often the reader said that orders may be gone. */
    private int losses;

    private final Promise<Void> subscribed = Promise.promise();
    /** Completed by the next live message. */
    private Promise<Void> arrived = Promise.promise();

    @BeforeEach
    void open(Vertx vertx) throws Exception {
        loop = vertx.getOrCreateContext();
        RedisConfig config = new RedisConfig(RedisServer.shared().url(), "test" + UUID.randomUUID() + ":");
        keys = new Keys(config.prefix());
        Shards shards = Shards.of(vertx, config);
        Promise<Void> up = Promise.promise();
        await(() -> {
            redis = RedisLinks.open(
                    vertx, shards, "command", () -> 0.5, new SimpleMeterRegistry(), new RedisLinks.Listener() {
                        @Override
                        public void up(RedisLink link) {
                            up.tryComplete();
                        }
                    });
            subscriber = new RedisLink(
                    vertx,
                    shards.mastersOf(keys.control()),
                    "control",
                    () -> 0.5,
                    new SimpleMeterRegistry(),
                    new RedisLink.Listener() {
                        @Override
                        public void up() {
                            subscriber.subscribing(Command.SUBSCRIBE, List.of(keys.control()));
                        }

                        @Override
                        public void push(Response message) {
                            if (message.get(0).toString().equals("subscribe")) {
                                subscribed.tryComplete();
                            } else {
                                live.add(message.get(2).toBuffer());
                                arrived.tryComplete();
                            }
                        }
                    });
            writer = new ControlWriter(redis, keys, () -> ids.get());
            reader = new ControlReader(redis, keys, order -> applied.add(order.user()), () -> losses++);
            subscriber.open();
            return Future.all(up.future(), subscribed.future()).mapEmpty();
        });
    }

    @AfterEach
    void close() throws Exception {
        await(() -> Future.join(redis.close(), subscriber.close()).mapEmpty());
    }

    @Test
    void theFirstStartSkipsWhatIsOldAndAppliesWhatCameSinceTheSubscription() throws Exception {
        order("old");
        receive(1);
        live.clear();
        order("early");
        receive(1);
        deliver();
        assertThat(applied).isEmpty();
        await(reader::catchUp);
        assertThat(applied).containsExactly("early");
        order("late");
        receive(1);
        deliver();
        assertThat(applied).containsExactly("early", "late");
    }

    @Test
    void whatWasMissedIsAppliedBeforeWhatIsNewAndEachOnce() throws Exception {
        await(reader::catchUp);
        List<String> users = IntStream.range(0, 2_500).mapToObj(i -> "user" + i).toList();
        await(() -> Future.all(users.stream().map(this::ordering).toList()).mapEmpty());
        receive(2_500);
        List<Buffer> all = List.copyOf(live);
        live.clear();
        await(() -> {
            Future<Void> done = reader.catchUp();
            // The newest comes live while the older ones are still being read.
            all.subList(2_400, 2_500).forEach(reader::message);
            return done;
        });
        assertThat(applied).isEqualTo(users);
        live.addAll(all);
        deliver();
        assertThat(applied).isEqualTo(users);
    }

    @Test
    void anOrderSentTwiceIsGivenOnce() throws Exception {
        await(reader::catchUp);
        ids = () -> "same";
        order("alice");
        order("alice");
        await(reader::catchUp);
        assertThat(applied).containsExactly("alice");
        assertThat(await(() -> redis.send("", Request.cmd(Command.XLEN).arg(keys.control())))
                        .toInteger())
                .isEqualTo(2); // The stream's own beginning is the other one.
        assertThat(losses).isZero();
    }

    @Test
    void theOldestOrdersGoWhenTheyTakeTooMuchAndThoseThatAreLeftReachBack() throws Exception {
        await(reader::catchUp);
        List<String> except = Collections.nCopies(1_000, "c".repeat(128));
        for (int i = 0; i < 200; i++) {
            Disconnect order = new Disconnect("user" + i, null, 4103, "", except);
            await(() -> writer.disconnect(order));
            if (i == 150) {
                await(reader::catchUp);
            }
        }
        Response kept = await(() -> redis.send(
                "", Request.cmd(Command.XRANGE).arg(keys.control()).arg("-").arg("+")));
        assertThat(kept.stream()
                        .mapToInt(entry -> entry.get(1).get(1).toBuffer().length())
                        .sum())
                .isBetween(15 << 20, 16 << 20);
        losses = 0;
        await(reader::catchUp);
        assertThat(losses).isZero();
        assertThat(applied).endsWith("user198", "user199").doesNotHaveDuplicates();
    }

    @Test
    void aStreamThatNoLongerReachesBackIsToldAndWhatIsLeftOfItApplied() throws Exception {
        await(reader::catchUp);
        order("gone");
        forget();
        await(reader::catchUp);
        assertThat(losses).isEqualTo(1);
        order("alice");
        await(reader::catchUp);
        assertThat(losses).isEqualTo(1);
        forget();
        order("bob");
        await(reader::catchUp);
        assertThat(losses).isEqualTo(2);
        assertThat(applied).containsExactly("alice", "bob");
    }

    /** As a fail-over or an old snapshot does. */
    @Test
    void aStreamThatHasLostItsNewestOrderDoesNotGiveTheOldOnesAgain() throws Exception {
        add("1-1", "long ago");
        await(reader::catchUp);
        order("lost");
        await(reader::catchUp);
        assertThat(applied).containsExactly("lost");
        forget();
        add("1-1", "long ago");
        await(reader::catchUp);
        assertThat(losses).isEqualTo(1);
        order("alice");
        await(reader::catchUp);
        assertThat(losses).isEqualTo(1);
        assertThat(applied).containsExactly("lost", "alice");
    }

    @Test
    void whatIsNotUnderstoodIsSkipped() throws Exception {
        await(reader::catchUp);
        for (String text : List.of("no json", "{\"type\":\"drain\"}")) {
            await(() -> redis.send(
                    "",
                    Request.cmd(Command.XADD)
                            .arg(keys.control())
                            .arg("*")
                            .arg("order")
                            .arg(text)));
        }
        await(() -> redis.send(
                "",
                Request.cmd(Command.XADD)
                        .arg(keys.control())
                        .arg("*")
                        .arg("other")
                        .arg("{}")));
        live.addAll(List.of(Buffer.buffer(""), Buffer.buffer("x y"), Buffer.buffer("1-x {}"), Buffer.buffer("9")));
        deliver();
        order("alice");
        await(reader::catchUp);
        assertThat(applied).containsExactly("alice");
    }

    @Test
    void aCatchUpThatFailedHoldsBackWhatIsNewUntilTheNext() throws Exception {
        await(reader::catchUp);
        order("missed");
        order("new");
        receive(2);
        live.remove();
        await(() -> {
            Future<Void> failing = reader.catchUp();
            redis.all().forEach(link -> link.reconnect("test"));
            return failing.otherwiseEmpty();
        });
        deliver();
        assertThat(applied).isEmpty();
        while (await(() -> reader.catchUp().map(true).otherwise(false)).equals(false)) {
            assertThat(applied).isEmpty();
        }
        assertThat(applied).containsExactly("missed", "new");
    }

    @Test
    void aReadingForSomebodyElseThatFailsHoldsNothingBack() throws Exception {
        await(() -> {
            Future<Void> catchingUp =
                    reader.catchUp().onSuccess(done -> redis.all().forEach(link -> link.reconnect("test")));
            Future<Void> failing = reader.readOn();
            return catchingUp.compose(done -> failing.otherwiseEmpty());
        });
        Await.until("the link is back", redis::isUp);
        order("new");
        receive(1);
        deliver();
        assertThat(applied).containsExactly("new");
    }

    /** Loses the stream; in another millisecond, so that the next one has other ids, as after any real loss. */
    private void forget() throws Exception {
        await(() -> redis.send("", Request.cmd(Command.DEL).arg(keys.control())));
        String before = millisecond();
        while (millisecond().equals(before)) {
            Thread.onSpinWait();
        }
    }

    private String millisecond() throws Exception {
        Response time = await(() -> redis.send("", Request.cmd(Command.TIME)));
        return time.get(0) + " " + time.get(1).toInteger() / 1_000;
    }

    private void order(String user) throws Exception {
        await(() -> ordering(user));
    }

    /** Puts an order into the stream by hand. */
    private void add(String id, String user) throws Exception {
        await(() -> redis.send(
                "",
                Request.cmd(Command.XADD)
                        .arg(keys.control())
                        .arg(id)
                        .arg("order")
                        .arg(new Disconnect(user, null, 4103, "", List.of()).toJson())));
    }

    private Future<Void> ordering(String user) {
        return writer.disconnect(new Disconnect(user, null, 4103, "", List.of()));
    }

    /** Waits until so many messages have come live. */
    private void receive(int count) throws Exception {
        while (await(() -> Future.succeededFuture(live.size())) < count) {
            await(() -> {
                if (live.size() < count) {
                    arrived = Promise.promise();
                    return arrived.future();
                }
                return Future.succeededFuture();
            });
        }
    }

    private void deliver() throws Exception {
        await(() -> {
            live.forEach(reader::message);
            live.clear();
            return Future.succeededFuture();
        });
    }

    private <T> T await(Supplier<Future<T>> call) {
        return Await.on(loop, call);
    }
}
