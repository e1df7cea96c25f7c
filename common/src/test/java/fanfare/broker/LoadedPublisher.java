package fanfare.broker;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.channel.Publication;
import fanfare.config.RedisConfig;
import fanfare.redis.Keys;
import fanfare.redis.Shards;
import fanfare.testing.Await;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** A publisher under load: what it has, on an event loop of its own, and what it was told is stored. */
final class LoadedPublisher {
    private static final BrokerLimits LIMITS =
            new BrokerLimits(Duration.ofHours(1), 1_000, 1_000, 1 << 24, Duration.ofMinutes(2), 1 << 24);
    /** Between two publications of one caller: it keeps the lists below what one read gives [ms]. */
    private static final int PACE_MS = 50;

    final Context loop = Vertx.vertx().getOrCreateContext();
    final MeterRegistry metrics = new SimpleMeterRegistry();
    final Broker broker;
    final ChannelReader reader;
    /** Ids by channel, in the order in which they were acknowledged. */
    final Map<Channel, List<String>> acknowledged = new ConcurrentHashMap<>();

    final AtomicInteger underWay = new AtomicInteger();

    private volatile boolean stopped;

    LoadedPublisher(String url, String prefix) {
        Keys keys = new Keys(prefix);
        broker = on(() -> {
            Shards shards = Shards.of(loop.owner(), new RedisConfig(url, prefix));
            Broker made = new Broker(loop.owner(), shards, keys, LIMITS, "publish", () -> 0.5, metrics);
            made.open();
            return Future.succeededFuture(made);
        });
        reader = new ChannelReader(broker.links(), keys, new ChannelReader.Bounds(1_000, 1 << 20), LIMITS.inboxTtl());
    }

    Published publish(Channel channel, String id) {
        return on(() -> untilStored(channel, id, Durability.MASTER));
    }

    /** Publishes to many users what they share; whoever it cannot be stored for is sent the same again. */
    List<Published> mail(List<Channel> users, String id) {
        Mailing mailing = new Mailing(new Publication(id, "/n", "e", "1", 600));
        return on(() -> Future.all(
                        users.stream().map(user -> untilMailed(user, mailing)).toList())
                .map(all -> all.<Published>list()));
    }

    private Future<Published> untilMailed(Channel user, Mailing mailing) {
        return broker.publish(user, mailing, null).recover(away -> later(() -> untilMailed(user, mailing)));
    }

    /** Publishes one after the other to each channel until told to stop, as that many callers would. */
    void begin(String name, List<Channel> channels) {
        loop.runOnContext(go -> channels.forEach(channel -> next(name, channel, 0)));
    }

    /** Waits until each caller had that many more acknowledged. */
    void acknowledged(int more) {
        Map<Channel, Integer> before = new ConcurrentHashMap<>();
        acknowledged.forEach((channel, ids) -> before.put(channel, ids.size()));
        Await.until(
                "publications are acknowledged",
                () -> !acknowledged.isEmpty()
                        && acknowledged.entrySet().stream()
                                .allMatch(entry ->
                                        entry.getValue().size() >= before.getOrDefault(entry.getKey(), 0) + more));
    }

    void end() {
        stopped = true;
        Await.until("nothing is under way", () -> underWay.get() == 0);
    }

    List<String> stored(Channel channel) {
        return on(() -> read(channel)).items().stream().map(Item::id).toList();
    }

    /** What it was told is stored is there once, and in that order. */
    void assertStored() {
        acknowledged.forEach((channel, ids) -> {
            List<String> stored = stored(channel);
            assertThat(stored).as("%s", channel).doesNotHaveDuplicates();
            assertThat(stored).as("%s", channel).filteredOn(ids::contains).isEqualTo(ids);
        });
    }

    void close() {
        stopped = true;
        on(broker::close);
        loop.owner().close();
    }

    double replayed() {
        return metrics.get("fanfare_outbox_replayed_total").counter().count();
    }

    /** Runs a call on the process's event loop. */
    <T> T on(Supplier<Future<T>> call) {
        return Await.on(loop, call);
    }

    private Future<Reading> read(Channel channel) {
        return reader.read(channel, Reading.Point.since(0)).recover(away -> later(() -> read(channel)));
    }

    private void next(String name, Channel channel, int number) {
        List<String> ids = acknowledged.computeIfAbsent(channel, none -> new CopyOnWriteArrayList<>());
        if (stopped) {
            return;
        }
        String id = name + number;
        underWay.incrementAndGet();
        untilStored(channel, id, Durability.MASTER).onSuccess(published -> {
            ids.add(id);
            underWay.decrementAndGet();
            loop.owner().setTimer(PACE_MS, timer -> next(name, channel, number + 1));
        });
    }

    /** A caller who is told that Redis is away sends the same again. */
    Future<Published> untilStored(Channel channel, String id, Durability durability) {
        return broker.publish(channel, new Publication(id, "/n", "e", "1", 600), durability)
                .recover(away -> later(() -> untilStored(channel, id, durability)));
    }

    private <T> Future<T> later(Supplier<Future<T>> call) {
        return loop.owner().timer(PACE_MS, TimeUnit.MILLISECONDS).compose(tick -> call.get());
    }
}
