package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.broker.Published;
import fanfare.channel.Channel;
import fanfare.channel.Publication;
import fanfare.redis.Keys;
import fanfare.testing.Await;
import fanfare.testing.FlakyLink;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.TestSite;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One message to many users reaches each of them as one of their own would, by whichever way it comes. */
class MulticastIT {
    private static final int USERS = 24;
    private static final Channel AWAY = Channel.user("away");

    private LinkedCluster linked;
    private FlakyLink link;
    private Cluster cluster;
    private Keys keys;
    private List<Channel> users;
    /** One client for each user, on either gateway in turn. */
    private Map<Channel, PushClient> clients;

    @BeforeEach
    void start() {
        linked = LinkedCluster.of(2);
        link = linked.link();
        cluster = linked.cluster();
        keys = new Keys(cluster.redis().prefix());
        clients = new LinkedHashMap<>();
        for (int i = 0; i < USERS; i++) {
            clients.put(Channel.user("user" + i), cluster.join(PushTransport.RAW_WEBSOCKET, i % 2, "user" + i));
        }
        users = List.copyOf(clients.keySet());
        // To whom nothing is ever sent.
        cluster.join(PushTransport.RAW_WEBSOCKET, 0, "bystander");
        cluster.awaitKnown(2);
        users.forEach(this::awaitAnnounced);
    }

    @AfterEach
    void stop() {
        linked.close();
    }

    @Test
    void eachHearsItOnceAndInOrderAmongMessagesOfTheirOwn() {
        List<PushClient> tabs = IntStream.range(0, 4)
                .mapToObj(i -> cluster.join(PushTransport.SOCKJS_WEBSOCKET, (i + 1) % 2, "user" + i))
                .toList();
        users.subList(0, 4).forEach(user -> cluster.awaitHeard(user, 2));
        users.subList(0, 4).forEach(user -> awaitAnnounced(user, 2));
        List<Channel> all = new ArrayList<>(users);
        all.add(AWAY);

        List<Published> mailed = cluster.onPublisherLoop(() -> {
            users.forEach(user -> cluster.broker().publish(user, Cluster.publication("/n", "1", "1")));
            Future<List<Published>> second = cluster.mailing(all, Cluster.publication("/n", "2", "2"));
            users.forEach(user -> cluster.broker().publish(user, Cluster.publication("/n", "3", "3")));
            cluster.mailing(all, Cluster.publication("/n", "4", "4"));
            return second;
        });
        cluster.mail(all, Cluster.publication("/n", "5", "5"));

        assertThat(mailed)
                .extracting(Published::routed)
                .startsWith(2, 2, 2, 2, 1, 1)
                .endsWith(1, 0);
        List<PushClient> everybody = new ArrayList<>(clients.values());
        everybody.addAll(tabs);
        everybody.forEach(client -> List.of("1", "2", "3", "4", "5").forEach(client::expectEvent));
        assertThat(bundled()).isEqualTo(3.0 * (USERS + 4));
        PushClient back = cluster.connect(PushTransport.RAW_WEBSOCKET, 0, TestSite.login("away"));
        back.awaitOpen().send("{\"type\":\"hello\",\"inbox\":true}").expectWelcome();
        List.of("2", "4", "5").forEach(back::expectEvent);
    }

    @Test
    void whoComesBackHasItFromTheInboxLikeAnyOther() {
        Channel user = users.get(0);
        PushClient before = clients.get(user);
        cluster.mail(users, Cluster.publication("/n", "seen", "1"));
        clients.values().forEach(client -> client.expectEvent("seen"));
        before.close();
        cluster.mail(users, Cluster.publication("/n", "missed", "2"));
        clients.values().stream().skip(1).forEach(client -> client.expectEvent("missed"));
        cluster.publish(user, "alone", "3");

        PushClient again = cluster.connect(PushTransport.RAW_WEBSOCKET, 1, TestSite.login("user0"));
        again.awaitOpen()
                .send(new JsonObject()
                        .put("type", "hello")
                        .put("resume", before.token())
                        .encode());
        assertThat(again.expectVerdict().json().getValue("recovered")).isEqualTo(true);
        List<String> events = new ArrayList<>();
        while (!events.contains("alone")) {
            events.add(again.expectEvent().string("event"));
        }
        // The token is older than what was seen, which a page drops by its id.
        assertThat(events).endsWith("missed", "alone");
    }

    @Test
    void aRepeatIsKnownWhicheverWayTheFirstOneCame() {
        Publication first = Cluster.publication("/n", "first", "1");
        cluster.publish(users.get(0), first);
        List<Published> mailed = cluster.mail(users, first);
        assertThat(mailed)
                .extracting(Published::duplicate)
                .startsWith(true, false)
                .containsOnlyOnce(true);
        assertThat(cluster.mail(users, first))
                .allMatch(Published::duplicate)
                .extracting(Published::position)
                .isEqualTo(mailed.stream().map(Published::position).toList());
        assertThat(cluster.publish(users.get(5), first).duplicate()).isTrue();
        clients.values().forEach(client -> {
            client.expectEvent("first");
            client.ping();
        });
    }

    @Test
    void whoIsAnnouncedNowhereOrElsewhereHearsItAsSoonAsTheOthers() {
        String gone = UUID.randomUUID().toString();
        cluster.redis(Command.ZADD, keys.nodes(), Long.MAX_VALUE / 1_000_000, gone);
        cluster.awaitKnown(3);
        List<String> both = cluster.incarnations().stream()
                .filter(each -> !each.equals(gone))
                .toList();

        String nowhere = announcement(users.get(0));
        cluster.redis(Command.HDEL, presence(users.get(0)), nowhere);
        String dead = announcement(users.get(1));
        cluster.redis(Command.HDEL, presence(users.get(1)), dead);
        cluster.redis(Command.HSET, presence(users.get(1)), "user1|" + gone, "1 1");
        String moved = announcement(users.get(2));
        cluster.redis(Command.HDEL, presence(users.get(2)), moved);
        String other =
                both.stream().filter(each -> !moved.endsWith(each)).findFirst().orElseThrow();
        cluster.redis(Command.HSET, presence(users.get(2)), "user2|" + other, "1 1");

        cluster.mail(users, Cluster.publication("/n", "all the same", "1"));
        clients.values().forEach(client -> client.expectEvent("all the same"));
        assertThat(cluster.published("fanfare_bundled_unheard_total")).isEqualTo(1);
        Await.until("it was passed on", () -> passedOn() == 1);
        cluster.redis(Command.ZREM, keys.nodes(), gone);
    }

    @Test
    void aGatewayThatBecameAnotherIsHandedBundlesUnderItsNewName() {
        String former = cluster.incarnations().get(0);
        cluster.endLease(former);
        Await.until(
                "it lives under another id",
                () -> !cluster.incarnations().contains(former)
                        || cluster.incarnations().size() > 2);
        users.forEach(this::awaitAnnounced);
        double before = bundled();
        Await.until("all is bundled again", () -> {
            double sofar = bundled();
            cluster.mail(users, Cluster.publication("/n", "again", "1"));
            clients.values().forEach(client -> client.expectEvent("again"));
            return bundled() - sofar == USERS;
        });
        assertThat(bundled()).isGreaterThan(before);
    }

    @Test
    void linksThatAreCutAgainAndAgainLoseNothing() {
        for (int round = 0; round < 5; round++) {
            int first = 10 * round;
            cluster.onPublisherLoop(() -> Future.all(IntStream.range(first, first + 5)
                    .mapToObj(i -> cluster.mailing(users, Cluster.publication("/n", "" + i, "1")))
                    .toList()));
            link.cut();
            cluster.onPublisherLoop(() -> Future.all(IntStream.range(first + 5, first + 10)
                    .mapToObj(i -> cluster.mailing(users, Cluster.publication("/n", "" + i, "1")))
                    .toList()));
            clients.values().forEach(client -> assertThat(client.expectEvents(10).stream()
                            .map(event -> event.string("event"))
                            .toList())
                    .as("%s", client)
                    .isEqualTo(IntStream.range(first, first + 10)
                            .mapToObj(Integer::toString)
                            .toList()));
        }
    }

    private double bundled() {
        return cluster.metric(0, "fanfare_feed_bundled_total") + cluster.metric(1, "fanfare_feed_bundled_total");
    }

    private double passedOn() {
        return cluster.metric(0, "fanfare_feed_passed_on_total") + cluster.metric(1, "fanfare_feed_passed_on_total");
    }

    private String presence(Channel user) {
        return keys.presence(Keys.tag(user));
    }

    private List<String> announcements(Channel user) {
        List<String> living = cluster.incarnations();
        return cluster.redis(Command.HKEYS, presence(user)).stream()
                .map(Object::toString)
                .filter(field -> field.startsWith(user.name() + "|")
                        && living.contains(field.substring(user.name().length() + 1)))
                .toList();
    }

    private String announcement(Channel user) {
        return announcements(user).get(0);
    }

    private void awaitAnnounced(Channel user) {
        awaitAnnounced(user, 1);
    }

    private void awaitAnnounced(Channel user, int gateways) {
        Await.until(user + " is announced", () -> announcements(user).size() == gateways);
    }
}
