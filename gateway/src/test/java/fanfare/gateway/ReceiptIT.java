package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.control.Disconnect;
import fanfare.receipt.Delivery;
import fanfare.receipt.Delivery.Connection;
import fanfare.receipt.Delivery.State;
import fanfare.receipt.Reason;
import fanfare.testing.Await;
import fanfare.testing.FlakyLink;
import fanfare.testing.Message;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.RedisServer;
import fanfare.testing.TestSite;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a receipt says about connections that were there, that were not, and that did not get it. Each test has its users. */
class ReceiptIT {
    private static final String LARGE = "\"" + "x".repeat(60_000) + "\"";

    private static Cluster cluster;
    private static ReceiptDesk desk;

    @BeforeAll
    static void start() {
        cluster = Cluster.of(2, Map.of("FANFARE_SEND_QUEUE_BYTES_MAX", "200000"));
        desk = new ReceiptDesk(cluster);
    }

    @AfterAll
    static void stop() {
        assertThat(cluster.metric(0, "fanfare_receipt_reports_dropped_total")).isZero();
        cluster.close();
    }

    /** A fallback's requests go to both gateways in turn, so that half of them are handed on. */
    @ParameterizedTest
    @EnumSource(PushTransport.class)
    void whatIsWrittenAndAcknowledgedIsToldWithItsTimes(PushTransport transport) {
        String user = "reader-" + transport;
        PushClient client = cluster.track(PushClient.connect(
                cluster.vertx(), transport, List.of(cluster.uri(0), cluster.uri(1)), TestSite.login(user)));
        String connection =
                client.awaitOpen().send("{\"type\":\"hello\"}").expectWelcome().string("connection");
        String id = publish(Channel.user(user), "asked", "1");
        assertThat(client.expectEvent("asked").json().getValue("receipt")).isEqualTo(true);
        Delivery written = await(id, State.WRITTEN);
        client.send(ack("never heard of", id));
        Delivery delivery = await(id, State.ACKNOWLEDGED);
        client.send(ack(id));
        client.ping();
        client.close();

        assertThat(delivery.gateways()).extracting(Delivery.Gateway::node).containsExactly("node-1");
        assertThat(delivery.gateways().get(0).sessions()).isEqualTo(1);
        assertThat(delivery.connections()).hasSize(1);
        Connection to = delivery.connections().get(0);
        assertThat(to.connection()).isEqualTo(connection);
        assertThat(to.user()).isEqualTo(user);
        assertThat(to.node()).isEqualTo("node-1");
        assertThat(to.transport())
                .isEqualTo(
                        transport == PushTransport.SOCKJS_WEBSOCKET
                                ? "websocket"
                                : transport.name().toLowerCase(Locale.ROOT).replace('_', '-'));
        assertThat(to.ms()).isEqualTo(written.connections().get(0).ms());
        assertThat(to.ms()).isBetween(delivery.stored().serverMs(), to.acknowledgedMs());
        assertThat(delivery.acknowledged()).isEqualTo(1);
        assertThat(delivery.omitted()).isZero();
    }

    @Test
    void anEventSourceHasNoWayToAcknowledge() {
        try (EventStream stream = EventStream.open(cluster.port(0), "eve", "")) {
            stream.expect("welcome");
            String id = publish(Channel.user("eve"), "asked", "1");
            assertThat(stream.expectEvent("asked").json().getValue("receipt")).isEqualTo(true);
            assertThat(await(id, State.WRITTEN).connections())
                    .extracting(Connection::transport)
                    .containsExactly("events");
        }
    }

    @Test
    void aBroadcastNamesTheUsersOfItsConnections() {
        PushClient ann = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "ann");
        PushClient ben = cluster.join(PushTransport.SOCKJS_WEBSOCKET, 1, "ben");
        String id = publish(Channel.BROADCAST, "asked", "1");
        ann.expectEvent("asked");
        ben.expectEvent("asked");
        Await.until("both have it", () -> delivery(id).written() == 2);
        assertThat(delivery(id).connections()).extracting(Connection::user).containsExactlyInAnyOrder("ann", "ben");
        assertThat(delivery(id).gateways())
                .extracting(Delivery.Gateway::node)
                .containsExactlyInAnyOrder("node-1", "node-2");
        ann.close();
        ben.close();
    }

    @Test
    void whoLeavesTheNamespaceOutDoesNotGetIt() {
        PushClient client = cluster.connect(PushTransport.XHR_STREAMING, 0, TestSite.login("carl"))
                .awaitOpen();
        client.hello("/other").expectWelcome();
        String id = publish(Channel.user("carl"), "asked", "1");
        assertThat(await(id, State.NOT_DELIVERED).connections())
                .extracting(Connection::reason)
                .containsExactly(Reason.NAMESPACE_NOT_WANTED);
        client.close();
    }

    @Test
    void whatWaitedForOneWhoDoesNotReadWasTooSlow() {
        RawSession.of(cluster.port(0), "dora").opened();
        List<String> ids = IntStream.range(0, 5)
                .mapToObj(i -> publish(Channel.user("dora"), "large", LARGE))
                .toList();
        for (String id : ids.subList(0, 4)) {
            assertThat(await(id, State.NOT_DELIVERED).connections())
                    .extracting(Connection::reason)
                    .containsExactly(Reason.SLOW);
        }
    }

    @Test
    void whatWaitedWhenTheSessionEndedIsToldSo() {
        RawSession.of(cluster.port(0), "emma").opened();
        String id = publish(Channel.user("emma"), "asked", "1");
        Await.until("it waits for the next poll", () -> !delivery(id).gateways().isEmpty());
        assertThat(delivery(id).state()).isEqualTo(State.PENDING);
        cluster.disconnect(new Disconnect("emma", null, 4103, "test", List.of()));
        assertThat(await(id, State.NOT_DELIVERED).connections())
                .extracting(Connection::reason)
                .containsExactly(Reason.SESSION_ENDED);
    }

    @Test
    void nobodyAcknowledgesWhatWasWrittenToAnother() {
        PushClient fay = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "fay");
        PushClient gil = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "gil");
        String forFay = publish(Channel.user("fay"), "asked", "1");
        fay.expectEvent("asked");
        await(forFay, State.WRITTEN);
        String forGil = publish(Channel.user("gil"), "asked", "2");
        gil.expectEvent("asked");
        await(forGil, State.WRITTEN);
        gil.send(ack(forFay, forGil));
        await(forGil, State.ACKNOWLEDGED);
        assertThat(delivery(forFay).state()).isEqualTo(State.WRITTEN);
        fay.close();
        gil.close();
    }

    @Test
    void whoComesBackToAnotherGatewayGetsItAndTheReceiptSaysSo() {
        PushClient first = cluster.connect(PushTransport.RAW_WEBSOCKET, 0, TestSite.login("hal"))
                .awaitOpen();
        Message welcome = first.send("{\"type\":\"hello\"}").expectWelcome();
        first.close();
        cluster.awaitHeard(Channel.user("hal"), 0);
        String id = publish(Channel.user("hal"), "asked", "1");
        assertThat(delivery(id).state()).isEqualTo(State.OFFLINE);

        PushClient second = cluster.connect(PushTransport.RAW_WEBSOCKET, 1, TestSite.login("hal"))
                .awaitOpen();
        second.send("{\"type\":\"hello\",\"resume\":\"" + welcome.string("resume") + "\"}")
                .expectVerdict();
        second.expectEvent("asked");
        assertThat(await(id, State.WRITTEN).connections())
                .extracting(Connection::node)
                .containsExactly("node-2");
        second.close();
    }

    /** What a gateway sees while it is without Redis is told once it is back, and once. */
    @Test
    void reportsWaitForRedis() throws Exception {
        try (FlakyLink link = FlakyLink.to(RedisServer.shared().port());
                Cluster apart = Cluster.on(RedisServer.shared(), link.port(), 1)) {
            ReceiptDesk here = new ReceiptDesk(apart);
            RawSession session = RawSession.of(apart.port(0), "ida").opened();
            String id = here.publish(Channel.user("ida"), "asked", "1");
            Await.until(
                    "it waits for the next poll",
                    () -> !here.delivery(id).gateways().isEmpty());
            // Else that report may be told again.
            Await.until("Redis has answered", () -> apart.metric(0, "fanfare_receipt_reports_waiting") == 0);

            link.refuse();
            link.cut();
            Await.until("Redis is away", () -> apart.metric(0, "fanfare_redis_link_up{link=\"commands\"}") == 0);
            assertThat(session.poll().body()).contains("asked");
            assertThat(session.send("[\"" + ack(id).replace("\"", "\\\"") + "\"]")
                            .status())
                    .isEqualTo(204);
            Await.until("reports wait", () -> apart.metric(0, "fanfare_receipt_reports_waiting") == 2);
            link.resume();
            Await.until("the receipt has them", () -> here.delivery(id).state() == State.ACKNOWLEDGED);
            Delivery delivery = here.delivery(id);
            assertThat(delivery.written()).isEqualTo(1);
            assertThat(delivery.gateways().get(0).sessions()).isEqualTo(1);
            Await.until("nothing waits", () -> apart.metric(0, "fanfare_receipt_reports_waiting") == 0);
        }
    }

    private static Delivery await(String id, State state) {
        return desk.await(id, state);
    }

    private static Delivery delivery(String id) {
        return desk.delivery(id);
    }

    private static String publish(Channel channel, String event, String data) {
        return desk.publish(channel, event, data);
    }

    private static String ack(String... ids) {
        return new JsonObject()
                .put("type", "ack")
                .put("ids", new JsonArray(List.of(ids)))
                .encode();
    }
}
