package fanfare.receipt;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.receipt.Delivery.State;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The states that nobody writes down: they follow from what was seen, and from what was not. */
class DeliveryTest {
    private static final long STORED_MS = 1_000_000;
    private static final long EXPIRES_MS = STORED_MS + 60_000;

    private final Map<String, String> fields = new HashMap<>();

    @Test
    void nobodyThereIsOfflineUntilItExpires() {
        stored("user:42", 0);
        assertThat(at(STORED_MS).state()).isEqualTo(State.OFFLINE);
        assertThat(at(EXPIRES_MS - 1).state()).isEqualTo(State.OFFLINE);
        assertThat(at(EXPIRES_MS).state()).isEqualTo(State.EXPIRED);
    }

    @Test
    void aGatewayThatWasSubscribedHasTimeToReport() {
        stored("broadcast", 2);
        assertThat(at(STORED_MS + Delivery.REPORT_MS_MAX - 1).state()).isEqualTo(State.PENDING);
        assertThat(at(STORED_MS + Delivery.REPORT_MS_MAX).state()).isEqualTo(State.OFFLINE);
        fields.put("held broadcast node-1", "1 1000002");
        assertThat(at(STORED_MS + Delivery.REPORT_MS_MAX).state()).isEqualTo(State.PENDING);
    }

    @Test
    void theFurthestThatItCameWithAnybodyCounts() {
        stored("user:42", 1);
        fields.put("held user:42 node-1", "2 1000002");
        fields.put("on user:42 c1", "slow node-1 xhr 1000005 - 42");
        fields.put("count user:42 not-delivered", "1");
        assertThat(at(STORED_MS + 10).state()).isEqualTo(State.PENDING);
        fields.put("count user:42 not-delivered", "2");
        assertThat(at(STORED_MS + 10).state()).isEqualTo(State.NOT_DELIVERED);
        fields.put("on user:42 c2", "written node-1 websocket 1000003 - 42");
        fields.put("count user:42 written", "1");
        assertThat(at(EXPIRES_MS).state()).isEqualTo(State.WRITTEN);
        fields.put("on user:42 c2", "written node-1 websocket 1000003 1000009 42");
        fields.put("count user:42 acknowledged", "1");
        Delivery delivery = at(EXPIRES_MS);
        assertThat(delivery.state()).isEqualTo(State.ACKNOWLEDGED);
        assertThat(delivery.connections())
                .containsExactly(
                        new Delivery.Connection("c2", "node-1", "websocket", "42", null, 1_000_003, 1_000_009L),
                        new Delivery.Connection("c1", "node-1", "xhr", "42", Reason.SLOW, 1_000_005, null));
        assertThat(delivery.omitted()).isEqualTo(1);
    }

    @Test
    void channelsStayApartAndWhatThePublisherDidNotTellOfIsLeftOut() {
        stored("user:42", 1);
        stored("topic:news", 1);
        fields.put("on topic:news c1", "written node-1 events 1000003 - ");
        fields.put("count topic:news written", "1");
        fields.put("held user:7 node-1", "1 1000002");
        fields.put("connections", "1");
        fields.put("seen gateway", "3");
        List<Delivery> all = Delivery.all(fields, STORED_MS);
        assertThat(all).extracting(Delivery::channel).containsExactly(Channel.topic("news"), Channel.user("42"));
        assertThat(all.get(0).connections())
                .extracting(Delivery.Connection::user)
                .containsOnlyNulls();
        assertThat(all.get(1).connections()).isEmpty();
        assertThat(Delivery.all(Map.of("held user:7 node-1", "1 1000002"), STORED_MS))
                .isEmpty();
    }

    private void stored(String channel, int routed) {
        fields.put("channel " + channel, new Stored("1-1", STORED_MS, EXPIRES_MS, routed, "/n", "e").encode());
    }

    private Delivery at(long nowMs) {
        List<Delivery> all = Delivery.all(fields, nowMs);
        assertThat(all).hasSize(1);
        return all.get(0);
    }
}
