package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.testing.Await;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import fanfare.testing.RawHttp;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What an operator's tools ask a gateway. */
class ManagementIT {
    @Test
    void aGatewayThatServesIsAliveAndReady() {
        try (Cluster cluster = Cluster.of(1)) {
            assertThat(RawHttp.get(cluster.managementPort(0), "/livez").status())
                    .isEqualTo(200);
            RawHttp.Answer ready = RawHttp.get(cluster.managementPort(0), "/readyz");
            assertThat(ready.status()).isEqualTo(200);
            assertThat(new JsonObject(ready.body()).getJsonObject("checks").fieldNames())
                    .isNotEmpty();
            assertThat(RawHttp.get(cluster.port(0), "/metrics").status()).isEqualTo(404);
        }
    }

    @Test
    void aBugThatNobodyCatchesIsCounted() {
        try (Cluster cluster = Cluster.of(1)) {
            assertThat(cluster.metric(0, "fanfare_internal_errors_total")).isZero();
            cluster.log().expect("a bug");
            cluster.onLoopOf(0, () -> {
                throw new IllegalStateException("a bug");
            });
            Await.until("it is counted", () -> cluster.metric(0, "fanfare_internal_errors_total") == 1);
        }
    }

    @Test
    void metricsCountWhatHappensAndNameNobody() {
        try (Cluster cluster = Cluster.of(1)) {
            for (PushTransport transport : PushTransport.values()) {
                cluster.join(transport, 0, "unmistakable");
            }
            PushClient gone = cluster.join(PushTransport.RAW_WEBSOCKET, 0, "bob");
            gone.trySend("no object");
            gone.expectClose(4_105);
            cluster.connect(PushTransport.RAW_WEBSOCKET, 0, Map.of()).expectClose(4_101);
            cluster.publish(Channel.user("bob"), "unheard", "1");
            String metrics = RawHttp.get(cluster.managementPort(0), "/metrics").body();
            assertThat(metrics)
                    .contains("fanfare_connections{transport=\"")
                    .contains("fanfare_deliveries_total{transport=\"")
                    .containsPattern("(?m)^fanfare_queue_bytes\\S* ")
                    .containsPattern("(?m)^fanfare_closes_total\\{code=\"4105\"\\S* 1\\.0$")
                    .containsPattern("(?m)^fanfare_closes_total\\{code=\"4101\"\\S* 1\\.0$")
                    .contains("fanfare_auth_total{result=\"")
                    .contains("fanfare_auth_seconds_count")
                    .contains("fanfare_redis_link_up{link=\"")
                    .contains("fanfare_redis_resubscriptions_total")
                    .doesNotContain("unmistakable");
        }
    }
}
