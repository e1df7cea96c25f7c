package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.testing.Message;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.TestSite;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A fallback session whose requests go to five gateways in turn. */
class FiveGatewaysIT {
    private static final int MESSAGES = 300;

    private static Cluster cluster;

    @BeforeAll
    static void start() {
        cluster = Cluster.spread(5);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @ParameterizedTest
    @EnumSource(
            value = PushTransport.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"RAW_WEBSOCKET", "SOCKJS_WEBSOCKET"})
    void opensHearsInOrderIsHeardResumesAndIsClosed(PushTransport transport) {
        String user = "five-" + transport;
        Channel channel = Channel.user(user);
        PushClient first = cluster.connect(transport, 0, TestSite.login(user)).awaitOpen();
        Message welcome = first.send("{\"type\":\"hello\"}").expectWelcome();
        for (int i = 0; i < 5; i++) {
            first.ping();
        }
        cluster.publish(channel, "live", "1");
        first.expectEvent("live");
        cluster.publishNumbers(channel, 1, MESSAGES);
        List<Message> heard = first.expectEvents(MESSAGES);
        assertThat(heard.stream().map(event -> event.string("event")))
                .containsExactlyElementsOf(IntStream.rangeClosed(1, MESSAGES)
                        .mapToObj(Integer::toString)
                        .toList());
        first.close();
        cluster.publish(channel, "missed", "1");

        PushClient second = cluster.connect(transport, 3, TestSite.login(user)).awaitOpen();
        String last = heard.get(MESSAGES - 1).json().getString("position");
        second.send(new JsonObject()
                .put("type", "hello")
                .put("resume", welcome.json().getString("resume"))
                .put("positions", new JsonObject().put("user", last))
                .encode());
        assertThat(second.expectVerdict().json().getValue("recovered")).isEqualTo(true);
        second.expectEvent("missed");
        second.trySend("no object");
        second.expectClose(4_105);
    }
}
