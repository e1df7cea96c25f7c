package fanfare.broker;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.channel.Publication;
import fanfare.config.RedisConfig;
import fanfare.redis.Keys;
import fanfare.testing.RedisServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class BrokerIT {
    private static final BrokerLimits SMALL =
            new BrokerLimits(Duration.ofHours(1), 5, 8, 1 << 16, Duration.ofMinutes(1));
    private static final Channel ALICE = Channel.user("alice");

    private Vertx vertx;
    private Context loop;
    private Keys keys;
    private Broker broker;
    private ChannelReader reader;

    @BeforeEach
    void open(Vertx vertx) throws Exception {
        this.vertx = vertx;
        this.loop = vertx.getOrCreateContext();
        use(RedisServer.shared().url());
    }

    @Test
    void positionsCountUpAndPrevNamesTheItemBefore() throws Exception {
        List<Published> published = publish(ALICE, "a", "b", "c");
        assertThat(published).extracting(done -> done.position().sequence()).containsExactly(1L, 2L, 3L);
        assertThat(published).allMatch(done -> !done.duplicate() && done.routed() == 0);

        List<Item> items = read(ALICE, Reading.Point.since(0)).items();
        assertThat(items).extracting(Item::id).containsExactly("a", "b", "c");
        assertThat(items.get(0).prev()).isNull();
        assertThat(items.get(2).prev()).isEqualTo(items.get(1).position());
    }

    @Test
    void theEventIsTheSitesDataVerbatimWithPositionAndRedisTime() throws Exception {
        String data = "{\"n\":12345678901234567890.10,\"s\":\"\\ud800 \\u00e4\"}";
        await(() -> broker.publish(ALICE, new Publication("x 100%", "/ä b", "e\"", data, 60)));
        Item item = read(ALICE, Reading.Point.since(0)).items().get(0);
        assertThat(item.id()).isEqualTo("x 100%");
        assertThat(item.namespace()).isEqualTo("/ä b");
        assertThat(item.expiresMs()).isEqualTo(item.serverMs() + 60_000);
        assertThat(item.event().toString())
                .isEqualTo("{\"position\":\"" + item.position()
                        + "\",\"type\":\"event\",\"channel\":\"user\",\"namespace\":\"/ä b\",\"event\":\"e\\\"\",\"data\":"
                        + data + ",\"id\":\"x 100%\",\"time\":" + item.serverMs() + "}");
    }

    @Test
    void aRepeatedIdIsAnsweredWithTheFirstPositionAndKeptOnce() throws Exception {
        Published first = publish(ALICE, "same").get(0);
        Published again = publish(ALICE, "same").get(0);
        assertThat(again.position()).isEqualTo(first.position());
        assertThat(again.duplicate()).isTrue();
        assertThat(publish(Channel.user("bob"), "same").get(0).duplicate()).isFalse();
        assertThat(read(ALICE, Reading.Point.since(0)).items()).hasSize(1);
    }

    @Test
    void anInboxKeepsTheNewestAndAReadBehindTheCapSaysIncomplete() throws Exception {
        List<Published> published = publish(ALICE, "1", "2", "3", "4", "5", "6", "7");
        Reading reading = read(ALICE, Reading.Point.after(published.get(0).position()));
        assertThat(reading.items()).extracting(Item::id).containsExactly("3", "4", "5", "6", "7");
        assertThat(reading.reach()).isEqualTo(Reading.Reach.CUT);

        Reading inReach = read(ALICE, Reading.Point.after(published.get(1).position()));
        assertThat(inReach.items()).hasSize(5);
        assertThat(inReach.reach()).isEqualTo(Reading.Reach.LINKED);
    }

    @Test
    void aLogIsCutByItemsAndByBytes() throws Exception {
        publish(Channel.BROADCAST, IntStream.range(0, 20).mapToObj(i -> "i" + i).toArray(String[]::new));
        assertThat(read(Channel.BROADCAST, Reading.Point.since(0)).items())
                .extracting(Item::id)
                .containsExactly("i12", "i13", "i14", "i15", "i16", "i17", "i18", "i19");

        String large = "\"" + "x".repeat(30_000) + "\"";
        for (String id : List.of("l1", "l2", "l3")) {
            await(() -> broker.publish(Channel.BROADCAST, new Publication(id, "/n", "e", large, 60)));
        }
        assertThat(read(Channel.BROADCAST, Reading.Point.since(0)).items())
                .extracting(Item::id)
                .containsExactly("l2", "l3");
    }

    @Test
    void longInboxesAreReadInFullOnlyWhenThatIsAskedFor() throws Exception {
        broker.close();
        use(RedisServer.shared().url(), BrokerLimits.defaults());
        List<Published> published =
                publish(ALICE, IntStream.range(0, 60).mapToObj(i -> "i" + i).toArray(String[]::new));
        assertThat(read(ALICE, Reading.Point.after(published.get(57).position()))
                        .items())
                .hasSize(2);
        assertThat(read(ALICE, Reading.Point.after(published.get(4).position())).items())
                .hasSize(55);
        assertThat(read(ALICE, Reading.Point.after(published.get(59).position()))
                        .items())
                .isEmpty();
        assertThat(read(ALICE, Reading.Point.since(0)).items()).hasSize(60);
    }

    @Test
    void aRestartedMasterOpensANewGenerationAndNothingUnderWayIsLostOrDoubled() throws Exception {
        broker.close();
        try (RedisServer own = RedisServer.start()) {
            use(own.url());
            Published before = publish(ALICE, "before").get(0);
            own.restart();
            Published after = publish(ALICE, "after").get(0);
            assertThat(after.position().generation())
                    .isGreaterThan(before.position().generation());
            assertThat(after.position().sequence()).isEqualTo(1);
            assertThat(read(ALICE, Reading.Point.since(0)).items())
                    .extracting(Item::id)
                    .containsExactly("after");
        }
    }

    @Test
    void aMasterWithAnotherIdentityIsFencedAndOpensAGenerationOfItsOwn() throws Exception {
        Published before = publish(ALICE, "before").get(0);
        String fence = keys.fence(ALICE);
        await(() -> broker.link()
                .send(Request.cmd(Command.HSET).arg(fence).arg("replid").arg("0".repeat(40))));
        Published after = publish(ALICE, "after").get(0);
        assertThat(after.position().generation())
                .isGreaterThan(before.position().generation());
        assertThat(read(ALICE, Reading.Point.since(0)).items().get(1).prev()).isEqualTo(before.position());
    }

    private void use(String url) throws Exception {
        use(url, SMALL);
    }

    private void use(String url, BrokerLimits limits) throws Exception {
        RedisConfig config = new RedisConfig(url, "test" + UUID.randomUUID() + ":");
        keys = new Keys(config.prefix());
        await(() -> {
            broker = new Broker(vertx, config, limits, "publish", () -> 0.5, new SimpleMeterRegistry());
            reader = new ChannelReader(broker.link(), keys, new ChannelReader.Bounds(1_000, 1 << 20));
            broker.open();
            return Future.succeededFuture();
        });
    }

    private List<Published> publish(Channel channel, String... ids) throws Exception {
        List<Published> all = new ArrayList<>();
        for (String id : ids) {
            all.add(await(() -> broker.publish(channel, new Publication(id, "/n", "e", "1", 60))));
        }
        return all;
    }

    private Reading read(Channel channel, Reading.Point point) throws Exception {
        return await(() -> reader.read(channel, point));
    }

    /** Everything of the broker's happens on one event loop. */
    private <T> T await(Supplier<Future<T>> call) throws Exception {
        return Future.<T>future(promise -> loop.runOnContext(go -> call.get().onComplete(promise)))
                .await(20, TimeUnit.SECONDS);
    }
}
