package fanfare.broker;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.redis.Keys;
import fanfare.testing.Await;
import fanfare.testing.RedisCluster;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * What two publishers were told is stored is stored once and in order, whatever becomes of slots and masters of a cluster. The
 * later tests find it as the earlier ones have left it.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterIT {
    private static final int USERS = 20;
    private static RedisCluster cluster;

    private final String prefix = "test" + UUID.randomUUID() + ":";
    private final Keys keys = new Keys(prefix);
    private final List<LoadedPublisher> publishers = new ArrayList<>();

    @BeforeAll
    static void start() {
        cluster = RedisCluster.start(3);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @BeforeEach
    void begin() {
        for (String name : List.of("one", "two")) {
            LoadedPublisher publisher = new LoadedPublisher(cluster.url(), prefix);
            publishers.add(publisher);
            Await.until("Redis is reached", publisher.broker::isUp);
            publisher.begin(name, channels());
        }
        publishers.forEach(publisher -> publisher.acknowledged(5));
    }

    @AfterEach
    void end() {
        publishers.forEach(publisher -> publisher.acknowledged(5));
        publishers.forEach(LoadedPublisher::end);
        publishers.forEach(LoadedPublisher::assertStored);
        publishers.forEach(LoadedPublisher::close);
    }

    @Test
    @Order(1)
    void slotsThatMoveUnderLoadAndBackLoseNothing() {
        for (int slot : slots()) {
            int owner = owner(slot);
            cluster.move(slot, cluster.master(owner), cluster.master((owner + 1) % 3));
        }
        publishers.forEach(publisher -> publisher.acknowledged(3));
        for (int slot : slots()) {
            int owner = owner(slot);
            cluster.move(slot, cluster.master((owner + 1) % 3), cluster.master(owner));
        }
    }

    @Test
    @Order(2)
    void aFailoverThatIsAskedForLosesNothing() {
        cluster.failOver(cluster.replica(0));
    }

    @Test
    @Order(3)
    void whatAReplicaLacksIsReplayedWhenItTakesOverWithoutConsent() {
        cluster.lag(1);
        publishers.forEach(publisher -> publisher.acknowledged(5));
        cluster.failOver(cluster.replica(1), "TAKEOVER");
        publishers.forEach(publisher -> publisher.acknowledged(5));
        assertThat(publishers).anyMatch(publisher -> publisher.replayed() > 0);
    }

    @Test
    @Order(4)
    void whatOnlyTheKilledMasterHadIsReplayedAndOtherShardsGoOn() {
        cluster.lag(2);
        publishers.forEach(publisher -> publisher.acknowledged(5));
        double before = replayed();
        cluster.master(2).kill();
        cluster.promoted(cluster.replica(2));
        publishers.forEach(publisher -> publisher.acknowledged(5));
        assertThat(replayed()).isGreaterThan(before);
    }

    private double replayed() {
        return publishers.stream().mapToDouble(LoadedPublisher::replayed).sum();
    }

    private Set<Integer> slots() {
        Set<Integer> slots = new TreeSet<>();
        channels().forEach(channel -> slots.add(cluster.slotOf(keys.fence(channel))));
        return slots;
    }

    private static int owner(int slot) {
        return slot * 3 / 16_384;
    }

    private static List<Channel> channels() {
        List<Channel> channels = new ArrayList<>(List.of(Channel.BROADCAST, Channel.topic("news")));
        for (int i = 0; i < USERS; i++) {
            channels.add(Channel.user("user" + i));
        }
        return channels;
    }
}
