package fanfare.broker;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.channel.Item;
import fanfare.channel.Publication;
import fanfare.config.RedisConfig;
import fanfare.redis.Keys;
import fanfare.redis.Shards;
import fanfare.testing.Await;
import fanfare.testing.FlakyLink;
import fanfare.testing.RecordedLog;
import fanfare.testing.RedisServer;
import fanfare.testing.RedisTrio;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.CompositeFuture;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
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
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class BrokerIT {
    private static final BrokerLimits SMALL =
            new BrokerLimits(Duration.ofHours(1), 5, 8, 1 << 16, Duration.ofMinutes(1), 1 << 20);
    private static final Channel ALICE = Channel.user("alice");
    private static final Channel BOB = Channel.user("bob");
    /** Somebody else in her bucket. */
    private static final Channel NEIGHBOUR = neighbourOf(ALICE, "neighbour");

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
    void aMailingCountsOnceForThoseWhoShareACallAndNotForEachUser() throws Exception {
        String data = "\"" + "x".repeat(65_000) + "\"";
        try (RedisServer stalled = RedisServer.start()) {
            use(stalled.url());
            stalled.pause();
            List<Future<Published>> parts = new ArrayList<>();
            await(() -> {
                for (String id : List.of("a", "b", "c")) {
                    Mailing mailing = new Mailing(new Publication(id, "/n", "e", data, 60));
                    for (int i = 0; i < 1_000; i++) {
                        parts.add(broker.publish(Channel.user("u" + i), mailing, null));
                    }
                }
                return Future.succeededFuture();
            });
            assertThat(parts).noneMatch(Future::failed);
        }
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
        assertThat(publish(BOB, "same").get(0).duplicate()).isFalse();
        assertThat(read(ALICE, Reading.Point.since(0)).items()).hasSize(1);
    }

    @Test
    void whatMustFollowAnotherWaitsUntilThatIsThere() throws Exception {
        Publication late = new Publication("late", "/n", "e", "1", 60);
        List<Future<Published>> under = new ArrayList<>();
        await(() -> {
            under.add(broker.publish(ALICE, late, Durability.MASTER, "early"));
            return Future.succeededFuture();
        });
        Published early = publish(ALICE, "early").get(0);
        Published after = await(() -> under.get(0));
        assertThat(early.position().sequence()).isEqualTo(1);
        assertThat(after.position().sequence()).isEqualTo(2);
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
    void aTopicsLogThatEndedOfItselfBeginsAgainWithAllItsRoomUnderTheSameFence() throws Exception {
        Channel news = Channel.topic("news");
        String large = "\"" + "x".repeat(20_000) + "\"";
        for (String id : List.of("l1", "l2", "l3")) {
            await(() -> broker.publish(news, new Publication(id, "/n", "e", large, 60)));
        }
        Fence before = await(() -> reader.fence(news));
        await(() -> broker.links().send("", Request.cmd(Command.DEL).arg(keys.kept(news))));
        publish(news, "s1");
        for (String id : List.of("m1", "m2")) {
            await(() -> broker.publish(news, new Publication(id, "/n", "e", large, 60)));
        }
        assertThat(read(news, Reading.Point.since(0)).items())
                .extracting(Item::id)
                .containsExactly("s1", "m1", "m2");
        Fence after = await(() -> reader.fence(news));
        assertThat(after.mark()).isEqualTo(before.mark());
        assertThat(after.generation()).isEqualTo(before.generation());
    }

    @Test
    void aTopicsFenceLivesOnFromEachTimeThatSomebodyReckonsWithIt() throws Exception {
        Channel news = Channel.topic("news");
        publish(news, "a");
        await(() -> broker.links()
                .send("", Request.cmd(Command.EXPIRE).arg(keys.fence(news)).arg(5)));
        await(() -> reader.fence(news));
        assertThat(await(() -> broker.links().send("", Request.cmd(Command.TTL).arg(keys.fence(news))))
                        .toLong())
                .isGreaterThan(3_500);
    }

    @Test
    void anInboxIsGivenItsTimeAgainWhenItsLastItemIsOld() throws Exception {
        publish(ALICE, "a");
        assertThat(secondsLeft(keys.kept(ALICE))).isGreaterThanOrEqualTo(3_600);
        Item last = read(ALICE, Reading.Point.since(0)).items().get(0);
        Item old = new Item(
                last.position(),
                last.prev(),
                last.serverMs() - 3_600_000,
                last.expiresMs(),
                last.id(),
                last.namespace(),
                last.receiptSeconds(),
                last.event());
        await(() -> broker.links()
                .send("", Request.cmd(Command.LSET).arg(keys.kept(ALICE)).arg(0).arg(old.bytes())));
        await(() -> broker.links()
                .send("", Request.cmd(Command.EXPIRE).arg(keys.kept(ALICE)).arg(5)));
        publish(ALICE, "b");
        assertThat(secondsLeft(keys.kept(ALICE))).isGreaterThanOrEqualTo(3_600);
    }

    private long secondsLeft(String key) throws Exception {
        return await(() -> broker.links().send("", Request.cmd(Command.TTL).arg(key)))
                .toLong();
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
    void aRepeatIsFoundInALongLogWithoutItsBeingRead() throws Exception {
        broker.close();
        try (RedisServer own = RedisServer.start()) {
            use(own.url(), logOf(1_000));
            publish(Channel.BROADCAST, numbered(300));
            int read = RedisTrio.calls(own, "xrevrange");
            Published again = publish(Channel.BROADCAST, "0").get(0);
            assertThat(again.duplicate()).isTrue();
            assertThat(again.alike()).isTrue();
            assertThat(again.position().sequence()).isEqualTo(1);
            assertThat(RedisTrio.calls(own, "xrevrange") - read)
                    .as("looks at the newest entry alone")
                    .isEqualTo(1);
        }
    }

    @Test
    void aLogWithALowerLimitShrinksBitByBit() throws Exception {
        broker.close();
        RedisConfig config = new RedisConfig(RedisServer.shared().url(), "test" + UUID.randomUUID() + ":");
        use(config, logOf(1_000));
        publish(Channel.BROADCAST, numbered(100));
        broker.close();
        use(config, logOf(8));
        publish(Channel.BROADCAST, "first");
        assertThat(lengthOfLog()).isEqualTo(37);
        publish(Channel.BROADCAST, "second");
        assertThat(lengthOfLog()).isEqualTo(8);
    }

    @Test
    void oneUsersIdAndAPublicationsAreNotTakenForAnothers() throws Exception {
        Channel user = Channel.user("tenant");
        Channel longer = neighbourOf(user, "tenant:");
        publish(longer, "shipped");
        String likewise = longer.name().substring("tenant:".length()) + ":shipped";
        assertThat(publish(user, likewise).get(0).duplicate()).isFalse();
        assertThat(publish(longer, "shipped").get(0).duplicate()).isTrue();
    }

    @Test
    void aMasterThatRestartsEmptyIsGivenAgainWhatItHadAcceptedAndOpensANewGeneration() throws Exception {
        broker.close();
        try (RedisServer own = RedisServer.start()) {
            use(own.url());
            Published before = publish(ALICE, "before").get(0);
            own.restart();
            Published after = publish(ALICE, "after").get(0);
            assertThat(after.position().generation())
                    .isGreaterThan(before.position().generation());
            assertThat(after.position().sequence()).isEqualTo(2);
            List<Item> items = read(ALICE, Reading.Point.since(0)).items();
            assertThat(items).extracting(Item::id).containsExactly("before", "after");
            assertThat(items.get(1).prev()).isEqualTo(items.get(0).position());
            assertThat(publish(ALICE, "before").get(0).duplicate()).isTrue();
        }
    }

    /** What a repeat says otherwise than the first is published by no fail-over. */
    @Test
    void aMasterThatRestartsEmptyIsGivenARepeatAsItWasFirst() throws Exception {
        broker.close();
        try (RedisServer own = RedisServer.start()) {
            RedisConfig config = new RedisConfig(own.url(), "test" + UUID.randomUUID() + ":");
            use(config, SMALL);
            publish(ALICE, "same", "other");
            broker.close();
            use(config, SMALL);
            assertThat(publish(ALICE, "same").get(0).duplicate()).isTrue();
            Published other = await(() -> broker.publish(ALICE, new Publication("other", "/n", "e", "11", 60)));
            assertThat(other.duplicate()).isTrue();
            assertThat(other.alike()).isTrue();
            own.restart();
            publish(ALICE, "after");
            assertThat(read(ALICE, Reading.Point.since(0)).items())
                    .extracting(Item::id)
                    .containsExactly("same", "after");
        }
    }

    @Test
    void aMasterWithAnotherIdentityIsFencedAndOpensAGenerationOfItsOwn() throws Exception {
        Published before = publish(ALICE, "before").get(0);
        anotherMasterOpened(ALICE);
        Published after = publish(ALICE, "after").get(0);
        assertThat(after.position().generation())
                .isGreaterThan(before.position().generation());
        assertThat(read(ALICE, Reading.Point.since(0)).items().get(1).prev()).isEqualTo(before.position());
    }

    @Test
    void aReplayedItemIsTheFirstOneButForItsPlace() throws Exception {
        broker.close();
        try (RedisServer own = RedisServer.start()) {
            use(own.url());
            for (Channel channel : List.of(ALICE, Channel.BROADCAST, Channel.topic("news"))) {
                publish(channel, "x y");
            }
            List<Item> before = itemsOfAll();
            own.restart();
            publish(BOB, "asks for nothing but a connection");
            Await.until("all are replayed", () -> itemsOfAll().size() == 3);
            List<Item> after = itemsOfAll();
            for (int i = 0; i < 3; i++) {
                Item was = before.get(i);
                Item is = after.get(i);
                assertThat(is.id()).isEqualTo(was.id());
                assertThat(is.serverMs()).isEqualTo(was.serverMs());
                assertThat(is.expiresMs()).isEqualTo(was.expiresMs());
                assertThat(is.event().toString())
                        .isEqualTo(was.event()
                                .toString()
                                .replace(
                                        was.position().toString(), is.position().toString()));
            }
        }
    }

    @Test
    void aFenceBelowAGenerationThatIsKnownIsNotBelieved() throws Exception {
        Published before = publish(ALICE, "before").get(0);
        String fence = keys.fence(ALICE);
        await(() -> broker.links()
                .send("", Request.cmd(Command.HSET).arg(fence).arg("generation").arg("7")));
        String connection = connectionId();
        Published after = publish(ALICE, "after").get(0);
        assertThat(after.position().generation())
                .isGreaterThan(before.position().generation());
        assertThat(connectionId()).as("the master was looked for again").isNotEqualTo(connection);
    }

    @Test
    void aFenceThatIsGoneIsNotBelievedEither() throws Exception {
        Published before = publish(ALICE, "before").get(0);
        await(() -> broker.links().send("", Request.cmd(Command.DEL).arg(keys.fence(ALICE))));
        String connection = connectionId();
        Published after = publish(ALICE, "after").get(0);
        assertThat(after.position().generation())
                .isGreaterThan(before.position().generation());
        assertThat(connectionId()).isNotEqualTo(connection);
    }

    @Test
    void retriesOfOneIdAtTheSameTimeAreOnePublication() throws Exception {
        List<Published> all = await(() -> Future.all(IntStream.range(0, 50)
                        .mapToObj(i -> broker.publish(
                                ALICE,
                                new Publication("same", "/n", "e", "1", 60),
                                i % 2 == 0 ? Durability.MASTER : Durability.REPLICATED))
                        .toList())
                .map(CompositeFuture::<Published>list));
        assertThat(all).extracting(Published::position).containsOnly(all.get(0).position());
        assertThat(all).filteredOn(published -> !published.duplicate()).hasSize(1);
        assertThat(read(ALICE, Reading.Point.since(0)).items()).hasSize(1);
    }

    @Test
    void oneIdReachesEachOfManyUsers() throws Exception {
        List<Channel> users =
                IntStream.range(0, 200).mapToObj(i -> Channel.user("many" + i)).toList();
        Publication publication = new Publication("same", "/n", "e", "1", 60);
        await(() -> Future.all(users.stream()
                .map(user -> broker.publish(user, publication, Durability.REPLICATED))
                .toList()));
        for (Channel user : users) {
            assertThat(read(user, Reading.Point.since(0)).items()).hasSize(1);
        }
    }

    @Test
    void withoutAReplicaNobodyConfirms() throws Exception {
        Published published =
                await(() -> broker.publish(ALICE, new Publication("a", "/n", "e", "1", 60), Durability.REPLICATED));
        assertThat(published.replicated()).isFalse();
        assertThat(published.duplicate()).isFalse();
    }

    @Test
    void anInboxThatCannotBeWrittenSpoilsNeitherTheConnectionNorTheOthers() throws Exception {
        Channel spoilt = Channel.user("spoilt");
        await(() -> broker.links()
                .send("", Request.cmd(Command.SET).arg(keys.kept(spoilt)).arg("x")));
        String connection = connectionId();
        Publication publication = new Publication("a", "/n", "e", "1", 60);
        try (RecordedLog log = RecordedLog.start()) {
            await(() -> {
                Future<Published> refused = broker.publish(spoilt, publication, Durability.REPLICATED);
                return broker.publish(ALICE, publication, Durability.REPLICATED)
                        .onSuccess(published -> assertThat(refused.isComplete()).isFalse())
                        .compose(published -> refused.otherwiseEmpty());
            });
            assertThat(log.records())
                    .filteredOn(line -> line.getMessage().startsWith("Redis refuses a publication"))
                    .singleElement()
                    .satisfies(line ->
                            assertThat(String.valueOf(line.getParameters()[1])).startsWith("WRONGTYPE"));
        }
        assertThat(connectionId()).isEqualTo(connection);
        assertThat(read(ALICE, Reading.Point.since(0)).items()).hasSize(1);
    }

    @Test
    void aMasterThatRefusesWritesIsLeftAndTakenBackWhenItTakesThem() throws Exception {
        broker.close();
        try (RedisServer own = RedisServer.start("--min-replicas-to-write", "1")) {
            use(own.url());
            assertThat(await(() -> broker.publish(ALICE, new Publication("a", "/n", "e", "1", 60))
                            .map("taken")
                            .recover(failure ->
                                    Future.succeededFuture(failure.getClass().getSimpleName()))))
                    .isEqualTo("RedisDownException");
            RedisTrio.ask(own, "CONFIG", "SET", "min-replicas-to-write", "0");
            assertThat(publish(ALICE, "a").get(0).duplicate()).isFalse();
        }
    }

    @Test
    void whatLeavesTogetherForUsersIsOneCallThatKeepsTheOrderOfEachChannel() throws Exception {
        broker.close();
        try (RedisServer own = RedisServer.start()) {
            use(own.url());
            publish(ALICE, "makes the script known");
            RedisTrio.ask(own, "CONFIG", "RESETSTAT");
            List<Published> published = together(
                    at(ALICE, "a1"),
                    at(NEIGHBOUR, "n1"),
                    at(BOB, "b1"),
                    at(ALICE, "a2"),
                    at(BOB, "b2"),
                    at(ALICE, "a3"));
            assertThat(RedisTrio.scriptCalls(own)).isEqualTo(1);
            assertThat(published)
                    .extracting(done -> done.position().sequence())
                    .as("counted in the one bucket and in the other")
                    .containsExactly(2L, 3L, 1L, 4L, 2L, 5L);
            List<Item> items = read(ALICE, Reading.Point.since(0)).items();
            assertThat(items).extracting(Item::id).containsExactly("makes the script known", "a1", "a2", "a3");
            assertThat(items.get(2).prev()).isEqualTo(items.get(1).position());
            List<Item> bobs = read(BOB, Reading.Point.since(0)).items();
            assertThat(bobs).extracting(Item::id).containsExactly("b1", "b2");
            assertThat(bobs.get(1).prev()).isEqualTo(bobs.get(0).position());
            assertThat(read(NEIGHBOUR, Reading.Point.since(0)).items())
                    .extracting(Item::id)
                    .containsExactly("n1");
        }
    }

    /** One of them leaves at once; a third call is there should the broker lose its patience in between. */
    @Test
    void whatComesWhileRedisHasACallToAnswerSharesTheNextOne() throws Exception {
        broker.close();
        try (RedisServer own = RedisServer.start()) {
            use(own.url());
            publish(ALICE, "makes the script known");
            RedisTrio.ask(own, "CONFIG", "RESETSTAT");
            own.pause();
            List<Future<Published>> all = await(() -> inTurns(10, new ArrayList<>()));
            own.resume();
            await(() -> Future.all(all));
            assertThat(RedisTrio.scriptCalls(own)).isBetween(2, 3);
            assertThat(read(ALICE, Reading.Point.since(0)).items())
                    .extracting(Item::id)
                    .containsExactly("6", "7", "8", "9", "10");
        }
    }

    @Test
    void whatWaitsForAnAnswerThatIsSlowToComeLeavesAllTheSame() throws Exception {
        broker.close();
        try (RedisServer own = RedisServer.start();
                FlakyLink link = FlakyLink.to(own.port())) {
            use("redis://127.0.0.1:" + link.port());
            publish(ALICE, "makes the script known");
            link.stall(FlakyLink.Direction.DOWN);
            await(() -> inTurns(2, new ArrayList<>()));
            Await.until("both are there", () -> "3".equals(RedisTrio.ask(own, "LLEN", keys.kept(ALICE))));
        }
    }

    @Test
    void aCallThatIsFencedUnderOneTagIsNotUnderAnother() throws Exception {
        Published before = publish(ALICE, "before").get(0);
        Published bobs = publish(BOB, "b0").get(0);
        anotherMasterOpened(ALICE);
        List<Published> all = together(at(BOB, "b1"), at(ALICE, "after"), at(BOB, "b2"));
        assertThat(all.get(1).position().generation())
                .isGreaterThan(before.position().generation());
        assertThat(List.of(all.get(0), all.get(2)))
                .as("nobody opened his generation again")
                .extracting(done -> done.position().generation())
                .containsOnly(bobs.position().generation());
        assertThat(all).noneMatch(Published::duplicate);
    }

    @Test
    void aLogThatRefusesAnEntryDoesNotTakeItForPublished() throws Exception {
        Channel news = Channel.topic("news");
        await(() -> broker.links()
                .send(
                        "",
                        Request.cmd(Command.XADD)
                                .arg(keys.kept(news))
                                .arg("9007199254740991-1")
                                .arg("item")
                                .arg("of a clock that went wrong")));
        List<Future<Published>> under = new ArrayList<>();
        await(() -> {
            under.add(broker.publish(news, publication("n")));
            return broker.publish(BOB, publication("has come back behind it"));
        });
        await(() -> broker.links().send("", Request.cmd(Command.DEL).arg(keys.kept(news))));
        assertThat(await(() -> under.get(0)).duplicate()).isFalse();
        assertThat(read(news, Reading.Point.since(0)).items())
                .extracting(Item::id)
                .containsExactly("n");
    }

    @Test
    void moreThanOneCallTakesLeaveInTheirOrderToo() throws Exception {
        broker.close();
        use(RedisServer.shared().url(), BrokerLimits.defaults());
        String[] ids = IntStream.range(0, 3 * Grouping.PUBLICATIONS_MAX)
                .mapToObj(i -> "i" + i)
                .toArray(String[]::new);
        List<Published> published =
                together(Stream.of(ids).map(id -> at(ALICE, id)).toArray(Addressed[]::new));
        assertThat(published)
                .extracting(done -> done.position().sequence())
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, ids.length).boxed().toList());
        assertThat(read(ALICE, Reading.Point.since(0)).items())
                .extracting(Item::id)
                .containsExactly(ids);
    }

    @Test
    void aRepeatAmongOthersIsAnsweredWithTheFirstPositionAndKeptOnce() throws Exception {
        Published first = publish(ALICE, "same").get(0);
        List<Published> all = together(
                at(ALICE, "before"), at(ALICE, "same"), at(ALICE, "twice"), at(ALICE, "twice"), at(ALICE, "after"));
        assertThat(all).extracting(Published::duplicate).containsExactly(false, true, false, true, false);
        assertThat(all.get(1).position()).isEqualTo(first.position());
        assertThat(all.get(1).expiresMs()).isEqualTo(first.expiresMs());
        assertThat(all.get(3).position()).isEqualTo(all.get(2).position());
        List<Item> items = read(ALICE, Reading.Point.since(0)).items();
        assertThat(items).extracting(Item::id).containsExactly("same", "before", "twice", "after");
        assertThat(items.get(3).prev()).isEqualTo(items.get(2).position());
    }

    @Test
    void eachOfOneCallHasItsOwnTimeToLive() throws Exception {
        List<Published> all = together(
                new Addressed(ALICE, new Publication("short", "/n", "e", "1", 60), null),
                new Addressed(ALICE, new Publication("long", "/n", "e", "1", 604_800), null));
        assertThat(all.get(0).expiresMs()).isEqualTo(all.get(0).serverMs() + 60_000);
        assertThat(all.get(1).expiresMs()).isEqualTo(all.get(1).serverMs() + 604_800_000);
        assertThat(all.get(1).serverMs()).isEqualTo(all.get(0).serverMs());
    }

    @Test
    void oneCallKeepsToTheCapOfAnInboxAndOfALog() throws Exception {
        Addressed[] inbox =
                IntStream.range(0, 7).mapToObj(i -> at(ALICE, "i" + i)).toArray(Addressed[]::new);
        Addressed[] log = IntStream.range(0, 11)
                .mapToObj(i -> at(Channel.BROADCAST, "l" + i))
                .toArray(Addressed[]::new);
        together(inbox);
        together(log);
        assertThat(read(ALICE, Reading.Point.since(0)).items())
                .extracting(Item::id)
                .containsExactly("i2", "i3", "i4", "i5", "i6");
        assertThat(read(Channel.BROADCAST, Reading.Point.since(0)).items())
                .extracting(Item::id)
                .containsExactly("l3", "l4", "l5", "l6", "l7", "l8", "l9", "l10");
    }

    @Test
    void aCallThatIsFencedLetsNothingNewInAndStillKnowsItsRepeats() throws Exception {
        Published before = publish(ALICE, "known").get(0);
        anotherMasterOpened(ALICE);
        String connection = connectionId();
        List<Published> all = together(at(ALICE, "a"), at(ALICE, "known"), at(NEIGHBOUR, "n"), at(ALICE, "b"));
        assertThat(connectionId()).as("the identity was read again").isNotEqualTo(connection);
        assertThat(all).extracting(Published::duplicate).containsExactly(false, true, false, false);
        assertThat(all.get(1).position()).isEqualTo(before.position());
        assertThat(all)
                .filteredOn(published -> !published.duplicate())
                .extracting(done -> done.position().generation())
                .containsOnly(all.get(0).position().generation())
                .allMatch(generation -> generation > before.position().generation());
        assertThat(read(ALICE, Reading.Point.since(0)).items())
                .extracting(Item::id)
                .containsExactly("known", "a", "b");
    }

    @Test
    void whatFollowsAnotherOfItsOwnCallNeedNotWaitAndWhatIsEarlyHoldsUpNoneButItsFollowers() throws Exception {
        List<Future<Published>> early = new ArrayList<>();
        await(() -> {
            early.add(send(new Addressed(ALICE, publication("late"), "missing")));
            early.add(send(new Addressed(ALICE, publication("later"), "late")));
            Future<Published> other = send(at(NEIGHBOUR, "n1"));
            return Future.all(other, send(new Addressed(NEIGHBOUR, publication("n2"), "n1")));
        });
        assertThat(early).noneMatch(Future::isComplete);
        assertThat(read(NEIGHBOUR, Reading.Point.since(0)).items())
                .extracting(Item::id)
                .containsExactly("n1", "n2");

        publish(ALICE, "missing");
        await(() -> Future.all(early));
        assertThat(read(ALICE, Reading.Point.since(0)).items())
                .extracting(Item::id)
                .containsExactly("missing", "late", "later");
    }

    @Test
    void anInboxThatCannotBeWrittenDoesNotKeepTheOthersOfItsCallFromIt() throws Exception {
        await(() -> broker.links()
                .send("", Request.cmd(Command.SET).arg(keys.kept(NEIGHBOUR)).arg("x")));
        List<Published> all = await(() -> {
            Future<Published> before = send(at(ALICE, "before"));
            send(at(NEIGHBOUR, "spoilt"));
            return Future.all(before, send(at(ALICE, "after"))).map(CompositeFuture::<Published>list);
        });
        assertThat(all).noneMatch(Published::duplicate);
        assertThat(read(ALICE, Reading.Point.since(0)).items())
                .extracting(Item::id)
                .containsExactly("before", "after");
        assertThat(await(() -> broker.links()
                                .send("", Request.cmd(Command.EXISTS).arg(keys.once(NEIGHBOUR, "spoilt"))))
                        .toString())
                .as("its id is not taken for published")
                .isEqualTo("0");
    }

    @Test
    void partsOfMailingsHaveTheirPlacesAmongOthersOfTheirChannels() throws Exception {
        Mailing first = new Mailing(publication("first"));
        Mailing second = new Mailing(publication("second"));
        List<Published> all = await(() -> Future.all(List.of(
                        send(at(ALICE, "alone")),
                        broker.publish(ALICE, first, "alone"),
                        broker.publish(NEIGHBOUR, first, null),
                        broker.publish(ALICE, second, "first"),
                        broker.publish(ALICE, first, null),
                        send(new Addressed(ALICE, publication("behind"), "second"))))
                .map(CompositeFuture::<Published>list));
        assertThat(all).extracting(Published::duplicate).containsExactly(false, false, false, false, true, false);
        assertThat(all.get(4).position()).isEqualTo(all.get(1).position());
        List<Item> items = read(ALICE, Reading.Point.since(0)).items();
        assertThat(items).extracting(Item::id).containsExactly("alone", "first", "second", "behind");
        assertThat(items.get(2).prev()).isEqualTo(items.get(1).position());
        assertThat(items.get(1).event().toString())
                .isEqualTo("{\"position\":\"" + items.get(1).position()
                        + "\",\"type\":\"event\",\"channel\":\"user\",\"namespace\":\"/n\",\"event\":\"e\",\"data\":1,"
                        + "\"id\":\"first\",\"time\":" + items.get(1).serverMs() + "}");
        assertThat(read(NEIGHBOUR, Reading.Point.since(0)).items())
                .extracting(Item::id)
                .containsExactly("first");
    }

    @Test
    void theFirstOfManyDoNotWaitForTheAnswersOfTheLast() throws Exception {
        try (RedisServer own = RedisServer.start()) {
            use(own.url());
            Mailing mailing = new Mailing(publication("many"));
            List<Future<?>> behind = new ArrayList<>();
            await(() -> {
                List<Future<Published>> parts = IntStream.range(0, 1_000)
                        .mapToObj(i -> broker.publish(Channel.user("u" + i), mailing, null))
                        .toList();
                // It leaves with the last of them, and is never answered.
                loop.runOnContext(tick -> behind.add(broker.links()
                        .send("", Request.cmd(Command.BLPOP).arg("nothing").arg(0))));
                return parts.get(0);
            });
            assertThat(behind).hasSize(1).noneMatch(Future::isComplete);
        }
    }

    @Test
    void aPartOfAMailingWaitsForWhatItMustFollow() throws Exception {
        List<Future<Published>> late = new ArrayList<>();
        await(() -> {
            Mailing mailing = new Mailing(publication("late"));
            late.add(broker.publish(ALICE, mailing, "early"));
            return broker.publish(NEIGHBOUR, mailing, null);
        });
        publish(ALICE, "early");
        await(() -> late.get(0));
        assertThat(read(ALICE, Reading.Point.since(0)).items())
                .extracting(Item::id)
                .containsExactly("early", "late");
    }

    @Test
    void whatIsConfirmedTogetherKeepsItsOrder() throws Exception {
        List<Published> all = await(() -> Future.all(IntStream.range(0, 5)
                        .mapToObj(i -> broker.publish(ALICE, publication("i" + i), Durability.REPLICATED))
                        .toList())
                .map(CompositeFuture::<Published>list));
        assertThat(all).extracting(done -> done.position().sequence()).containsExactly(1L, 2L, 3L, 4L, 5L);
    }

    @Test
    void aRedisThatForgetsTheScriptIsToldItAgain() throws Exception {
        for (Durability durability : Durability.values()) {
            Publication publication = new Publication("to " + durability, "/n", "e", "1", 60);
            await(() -> broker.links().send("", Request.cmd(Command.SCRIPT).arg("FLUSH")));
            assertThat(await(() -> broker.publish(ALICE, publication, durability))
                            .duplicate())
                    .isFalse();
        }
    }

    private record Addressed(Channel channel, Publication publication, @Nullable String after) {}

    private static Addressed at(Channel channel, String id) {
        return new Addressed(channel, publication(id), null);
    }

    private static Publication publication(String id) {
        return new Publication(id, "/n", "e", "1", 60);
    }

    private Future<Published> send(Addressed one) {
        return broker.publish(one.channel(), one.publication(), Durability.MASTER, one.after());
    }

    /** Publishes all in one tick. */
    private List<Published> together(Addressed... all) throws Exception {
        return await(() -> Future.all(Stream.of(all).map(this::send).toList()).map(CompositeFuture::<Published>list));
    }

    /** Of a user, of broadcast and of a topic; empty while Redis cannot be asked. */
    private List<Item> itemsOfAll() {
        List<Item> items = new ArrayList<>();
        try {
            for (Channel channel : List.of(ALICE, Channel.BROADCAST, Channel.topic("news"))) {
                items.addAll(await(() -> reader.read(channel, Reading.Point.since(0))
                                .recover(away -> Future.succeededFuture(
                                        new Reading(List.of(), null, null, Reading.Reach.BEGINNING))))
                        .items());
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return items;
    }

    private String connectionId() throws Exception {
        return await(() -> broker.links()
                        .send("", Request.cmd(Command.CLIENT).arg("ID"))
                        .recover(away -> vertx.timer(10, TimeUnit.MILLISECONDS).compose(tick -> broker.links()
                                .send("", Request.cmd(Command.CLIENT).arg("ID")))))
                .toString();
    }

    private void use(String url) throws Exception {
        use(url, SMALL);
    }

    private void use(String url, BrokerLimits limits) throws Exception {
        use(new RedisConfig(url, "test" + UUID.randomUUID() + ":"), limits);
    }

    private void use(RedisConfig config, BrokerLimits limits) throws Exception {
        keys = new Keys(config.prefix());
        await(() -> {
            broker = new Broker(
                    vertx, Shards.of(vertx, config), keys, limits, "publish", () -> 0.5, new SimpleMeterRegistry());
            reader = new ChannelReader(
                    broker.links(), keys, new ChannelReader.Bounds(1_000, 1 << 20), limits.inboxTtl());
            broker.open();
            return Future.succeededFuture();
        });
        Await.until("Redis is reached", broker::isUp);
    }

    /** A user in the same bucket whose id begins so and ends in a number. */
    private static Channel neighbourOf(Channel user, String prefix) {
        return IntStream.iterate(0, i -> i + 1)
                .mapToObj(i -> Channel.user(prefix + i))
                .filter(other -> Keys.tag(other).equals(Keys.tag(user)))
                .findFirst()
                .orElseThrow();
    }

    private static BrokerLimits logOf(int items) {
        return new BrokerLimits(SMALL.inboxTtl(), 5, items, 1 << 20, SMALL.onceTtl(), SMALL.outboxBytesMax());
    }

    private static String[] numbered(int count) {
        return IntStream.range(0, count).mapToObj(Integer::toString).toArray(String[]::new);
    }

    private int lengthOfLog() throws Exception {
        return await(() -> broker.links().send("", Request.cmd(Command.XLEN).arg(keys.kept(Channel.BROADCAST))))
                .toInteger();
    }

    private List<Published> publish(Channel channel, String... ids) throws Exception {
        List<Published> all = new ArrayList<>();
        for (String id : ids) {
            all.add(await(() -> broker.publish(channel, new Publication(id, "/n", "e", "1", 60))));
        }
        return all;
    }

    /** Publishes to Alice on so many turns of the event loop, one behind the other. */
    private Future<List<Future<Published>>> inTurns(int count, List<Future<Published>> published) {
        if (published.size() == count) {
            return Future.succeededFuture(published);
        }
        published.add(broker.publish(ALICE, new Publication("" + (published.size() + 1), "/n", "e", "1", 60)));
        Promise<Void> turn = Promise.promise();
        // Behind the broker's own of this turn.
        loop.runOnContext(now -> loop.runOnContext(next -> turn.complete()));
        return turn.future().compose(next -> inTurns(count, published));
    }

    private Reading read(Channel channel, Reading.Point point) throws Exception {
        return await(() -> reader.read(channel, point));
    }

    /** As if the generation under the channel's tag were of another master. */
    private void anotherMasterOpened(Channel channel) throws Exception {
        await(() -> broker.links()
                .send(
                        "",
                        Request.cmd(Command.HSET)
                                .arg(keys.fence(channel))
                                .arg("replid")
                                .arg("0".repeat(40))));
    }

    /** Everything of the broker's happens on one event loop. */
    private <T> T await(Supplier<Future<T>> call) {
        return Await.on(loop, call);
    }
}
