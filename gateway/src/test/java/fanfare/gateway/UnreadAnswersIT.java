package fanfare.gateway;

import static fanfare.gateway.RawWebSocket.FIN;
import static fanfare.gateway.RawWebSocket.PING;
import static fanfare.gateway.RawWebSocket.PONG;
import static fanfare.gateway.RawWebSocket.frame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import fanfare.channel.Channel;
import fanfare.testing.Await;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A peer that never reads: whatever it is sent would be kept in memory for it, so its connection has to end. */
@Timeout(120)
class UnreadAnswersIT {
    /** Far more than the system keeps at both ends of a connection. */
    private static final int PINGS_BYTES = 64 << 20;

    private static final int MESSAGES_MAX = 1_000;
    private static final String LARGE = "\"" + "x".repeat(60_000) + "\"";

    @Test
    void pingsThatNobodyReadsTheAnswersOfEndTheirConnection() {
        try (Cluster cluster = Cluster.of(1)) {
            PushClient bystander = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "alice");
            byte[] pings = pings();
            try (RawWebSocket deaf = open(cluster, "/push/websocket")) {
                assertThatThrownBy(() -> {
                            for (int sent = 0; sent < PINGS_BYTES; sent += pings.length) {
                                deaf.send(pings);
                            }
                        })
                        .as("what comes of sending it all")
                        .isInstanceOf(UncheckedIOException.class);
            }
            cluster.publish(Channel.user("alice"), "well", "1");
            bystander.expectEvent("well");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/push/websocket", "/push/000/deaf/websocket"})
    void aSlowConsumerThatDoesNotEvenReadItsCloseIsCutOff(String path) {
        try (Cluster cluster = Cluster.of(1, Map.of("FANFARE_SEND_QUEUE_BYTES_MAX", "200000"))) {
            PushClient bystander = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "alice");
            try (RawWebSocket deaf = open(cluster, path)) {
                int published = 0;
                while (cluster.metric(0, "fanfare_closes_total{code=\"4002\"") == 0) {
                    assertThat(++published).isLessThan(MESSAGES_MAX);
                    cluster.publish(Channel.BROADCAST, "large", LARGE);
                    bystander.expectEvent("large");
                }
                Await.until("it is cut off", () -> isCutOff(deaf));
            }
        }
    }

    private static RawWebSocket open(Cluster cluster, String path) {
        return RawWebSocket.open(cluster.port(0), path, "Cookie: site_session=bob");
    }

    /** Only a write tells, as there is too much to be read before the end. */
    private static boolean isCutOff(RawWebSocket deaf) {
        try {
            deaf.send(frame(FIN | PONG, ""));
            return false;
        } catch (UncheckedIOException e) {
            return true;
        }
    }

    private static byte[] pings() {
        byte[] ping = frame(FIN | PING, "x".repeat(125));
        ByteArrayOutputStream pings = new ByteArrayOutputStream();
        for (int i = 0; i < 100; i++) {
            pings.writeBytes(ping);
        }
        return pings.toByteArray();
    }
}
