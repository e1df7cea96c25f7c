package fanfare.broker;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.channel.Publication;
import fanfare.testing.Await;
import fanfare.testing.FlakyLink;
import fanfare.testing.RedisServer;
import fanfare.testing.RedisTrio;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What two publishers were told is stored is stored once, whatever becomes of the master. */
class FailoverIT {
    private static final Channel ALICE = Channel.user("alice");
    private final String prefix = "test" + UUID.randomUUID() + ":";
    private final List<LoadedPublisher> publishers = new ArrayList<>();

    @AfterEach
    void close() {
        publishers.forEach(LoadedPublisher::close);
    }

    @Test
    void whatOnlyTheDeadMasterHadIsReplayedOnceAndBeforeAnythingNew() {
        try (RedisTrio trio = RedisTrio.start(1);
                FlakyLink replication = FlakyLink.to(trio.first().port())) {
            LoadedPublisher one = publisher(trio.url());
            LoadedPublisher two = publisher(trio.url());
            List<Channel> channels = channels(20);
            for (Channel channel : channels) {
                one.publish(channel, "survives1");
                two.publish(channel, "survives2");
            }
            trio.blind();
            trio.lag(replication);
            for (int i = 0; i < 5; i++) {
                for (Channel channel : channels) {
                    one.publish(channel, "one" + i);
                    two.publish(channel, "two" + i);
                }
            }
            one.publish(channels.get(0), "said twice");
            assertThat(two.publish(channels.get(0), "said twice").duplicate()).isTrue();
            trio.first().kill();
            replication.refuse();
            replication.cut();
            trio.watch();
            trio.promoted();

            for (Channel channel : channels) {
                one.publish(channel, "new1");
                two.publish(channel, "new2");
            }
            assertThat(one.replayed() + two.replayed()).isEqualTo(channels.size() * 10 + 1);
            for (Channel channel : channels) {
                List<String> stored = one.stored(channel);
                assertThat(stored).doesNotHaveDuplicates().startsWith("survives1", "survives2");
                assertThat(stored)
                        .filteredOn(id -> id.startsWith("one") || id.equals("new1"))
                        .containsExactly("one0", "one1", "one2", "one3", "one4", "new1");
                assertThat(stored)
                        .filteredOn(id -> id.startsWith("two") || id.equals("new2"))
                        .containsExactly("two0", "two1", "two2", "two3", "two4", "new2");
            }
            assertThat(one.stored(channels.get(0))).containsOnlyOnce("said twice");
        }
    }

    @Test
    void whatWentToManyUsersIsReplayedToEachOfThemOnce() {
        try (RedisTrio trio = RedisTrio.start(1);
                FlakyLink replication = FlakyLink.to(trio.first().port())) {
            LoadedPublisher one = publisher(trio.url());
            List<Channel> users = channels(40).subList(1, 41);
            one.mail(users, "survives");
            trio.blind();
            trio.lag(replication);
            one.mail(users, "lost");
            one.publish(users.get(0), "alone");
            trio.first().kill();
            replication.refuse();
            replication.cut();
            trio.watch();
            assertThat(one.mail(users, "lost")).allMatch(Published::duplicate);
            one.mail(users, "new");
            trio.promoted();
            assertThat(one.stored(users.get(0))).containsExactly("survives", "lost", "alone", "new");
            for (Channel user : users.subList(1, users.size())) {
                assertThat(one.stored(user)).containsExactly("survives", "lost", "new");
            }
        }
    }

    @Test
    void aMasterThatIsKilledUnderLoadLosesNothingAcknowledged() {
        try (RedisTrio trio = RedisTrio.start(2)) {
            List<LoadedPublisher> both = underLoad(trio);
            trio.first().kill();
            trio.promoted();
            everythingAcknowledgedIsStoredOnceAndInOrder(both);
        }
    }

    @Test
    void aFailoverThatIsAskedForUnderLoadLosesNothingAcknowledged() {
        try (RedisTrio trio = RedisTrio.start(2)) {
            List<LoadedPublisher> both = underLoad(trio);
            trio.failOver();
            trio.promoted();
            everythingAcknowledgedIsStoredOnceAndInOrder(both);
        }
    }

    @Test
    void aMasterThatFreezesUnderLoadGetsNothingMoreWhenItComesBack() {
        try (RedisTrio trio = RedisTrio.start(2)) {
            List<LoadedPublisher> both = underLoad(trio);
            trio.first().pause();
            RedisServer promoted = trio.promoted();
            both.forEach(publisher -> publisher.acknowledged(3));
            // Nobody tells the old master that it is one no more.
            trio.blind();
            trio.first().resume();
            Await.until("it has dealt with what it was sent before", () -> {
                String clients = RedisTrio.ask(trio.first(), "CLIENT", "LIST");
                return !clients.isEmpty() && !clients.contains("cmd=evalsha");
            });
            assertThat(RedisTrio.info(trio.first(), "replication")).containsEntry("role", "master");
            int before = RedisTrio.scriptCalls(trio.first());
            both.forEach(publisher -> publisher.acknowledged(5));
            assertThat(RedisTrio.scriptCalls(trio.first())).isEqualTo(before);
            assertThat(RedisTrio.scriptCalls(promoted)).isNotZero();
            everythingAcknowledgedIsStoredOnceAndInOrder(both);
        }
    }

    @Test
    void aMasterOfThePastIsRefusedEvenIfASentinelStillSendsUsThere() {
        try (RedisTrio trio = RedisTrio.start(1)) {
            int port = RedisServer.freePort();
            LoadedPublisher one = publisher(trio.url(port));
            one.publish(ALICE, "before");
            trio.first().pause();
            trio.promoted();
            one.publish(ALICE, "after");
            trio.blind();
            trio.first().resume();
            try (RedisServer stale = trio.sentinel(trio.first(), port)) {
                Await.until(
                        "only the old master can be found",
                        () -> RedisTrio.ask(trio.first(), "PING").equals("PONG")
                                && RedisTrio.ask(stale, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", RedisTrio.NAME)
                                        .contains(Integer.toString(trio.first().port())));
                int before = RedisTrio.scriptCalls(trio.first());
                one.on(() -> {
                    one.broker.links().all().get(0).reconnect("test");
                    return Future.succeededFuture();
                });
                assertThat(one.on(() -> one.broker
                                .publish(ALICE, new Publication("lost?", "/n", "e", "1", 600))
                                .map("taken")
                                .otherwise("refused")))
                        .isEqualTo("refused");
                assertThat(RedisTrio.scriptCalls(trio.first())).isEqualTo(before);
            }
        }
    }

    @Test
    void theSameIdThreeTimesAcrossAFailoverAndThroughBothPublishersIsOnePublication() {
        try (RedisTrio trio = RedisTrio.start(1);
                FlakyLink replication = FlakyLink.to(trio.first().port())) {
            LoadedPublisher one = publisher(trio.url());
            LoadedPublisher two = publisher(trio.url());
            List<Channel> channels = channels(10);
            trio.blind();
            trio.lag(replication);
            channels.forEach(channel -> one.publish(channel, "same"));
            trio.first().kill();
            replication.refuse();
            replication.cut();
            trio.watch();
            for (Channel channel : channels) {
                two.publish(channel, "same");
                one.publish(channel, "same");
            }
            trio.promoted();
            for (Channel channel : channels) {
                assertThat(two.stored(channel)).containsExactly("same");
            }
        }
    }

    @Test
    void aReplicaConfirmsOrTheAnswerSaysThatNoneDid() {
        try (RedisServer master = RedisServer.start();
                FlakyLink replication = FlakyLink.to(master.port());
                RedisServer replica = RedisServer.start("--replicaof", "127.0.0.1 " + replication.port())) {
            Await.until("the replica follows", () -> "up"
                    .equals(RedisTrio.info(replica, "replication").get("master_link_status")));
            LoadedPublisher one = publisher(master.url());
            // Half a second may be too short for a replica that has just come, or for this machine.
            Await.until("a replica confirms", () -> replicated(one, ALICE, "a").replicated());
            assertThat(one.publish(ALICE, "nobody asked").replicated()).isFalse();
            replication.stall();
            Published alone = replicated(one, ALICE, "b");
            assertThat(alone.replicated()).isFalse();
            Published repeated = replicated(one, ALICE, "b");
            assertThat(repeated.duplicate()).isTrue();
            assertThat(repeated.replicated())
                    .as("what was found is not confirmed either")
                    .isFalse();
            replication.resume();
            Await.until("a replica confirms what was found", () -> replicated(one, ALICE, "b")
                    .replicated());
            assertThat(one.stored(ALICE)).doesNotHaveDuplicates().startsWith("a", "nobody asked", "b");
        }
    }

    private Published replicated(LoadedPublisher publisher, Channel channel, String id) {
        return publisher.on(() -> publisher.untilStored(channel, id, Durability.REPLICATED));
    }

    private List<LoadedPublisher> underLoad(RedisTrio trio) {
        List<LoadedPublisher> both = List.of(publisher(trio.url()), publisher(trio.url()));
        both.get(0).begin("one", channels(20));
        both.get(1).begin("two", channels(20));
        both.forEach(publisher -> publisher.acknowledged(5));
        return both;
    }

    private static void everythingAcknowledgedIsStoredOnceAndInOrder(List<LoadedPublisher> publishers) {
        publishers.forEach(publisher -> publisher.acknowledged(5));
        publishers.forEach(LoadedPublisher::end);
        publishers.forEach(LoadedPublisher::assertStored);
    }

    private static List<Channel> channels(int users) {
        List<Channel> channels = new ArrayList<>();
        channels.add(Channel.BROADCAST);
        for (int i = 0; i < users; i++) {
            channels.add(Channel.user("user" + i));
        }
        return channels;
    }

    private LoadedPublisher publisher(String url) {
        LoadedPublisher publisher = new LoadedPublisher(url, prefix);
        publishers.add(publisher);
        Await.until("Redis is reached", publisher.broker::isUp);
        return publisher;
    }
}
