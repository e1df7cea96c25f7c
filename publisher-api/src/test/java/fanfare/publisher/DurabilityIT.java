package fanfare.publisher;

import static fanfare.publisher.RunningPublisher.json;
import static fanfare.testing.Await.until;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.FlakyLink;
import fanfare.testing.RedisServer;
import fanfare.testing.RedisTrio;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DurabilityIT {
    @Test
    void theAnswerSaysWhetherAReplicaHasIt() {
        try (RedisServer master = RedisServer.start();
                FlakyLink replication = FlakyLink.to(master.port());
                RedisServer replica = RedisServer.start("--replicaof", "127.0.0.1 " + replication.port());
                RunningPublisher publisher =
                        RunningPublisher.start(master.url(), PublisherVerticle.BODY_MAX, Map.of())) {
            until("the replica follows", () -> "up"
                    .equals(RedisTrio.info(replica, "replication").get("master_link_status")));
            // Half a second may be too short for a replica that has just come, or for this machine.
            until("a replica confirms", () -> replicated(publisher, "a").getBoolean("replicated"));
            assertThat(json(publisher.post("/v1/publish", RunningPublisher.PUBLISH))
                            .containsKey("replicated"))
                    .as("nobody asked")
                    .isFalse();

            replication.stall();
            JsonObject alone = replicated(publisher, "b");
            assertThat(alone.getBoolean("replicated")).isFalse();
            assertThat(alone.getString("position")).isNotEmpty();

            replication.resume();
            until("a replica confirms what is there already", () -> {
                JsonObject again = replicated(publisher, "b");
                assertThat(again.getBoolean("duplicate")).isTrue();
                assertThat(again.getString("position")).isEqualTo(alone.getString("position"));
                return again.getBoolean("replicated");
            });
        }
    }

    private static JsonObject replicated(RunningPublisher publisher, String id) {
        HttpResponse<String> response = publisher.post(
                "/v1/publish",
                RunningPublisher.PUBLISH.replace(
                        "{\"to\"", "{\"durability\":\"replicated\",\"id\":\"" + id + "\",\"to\""));
        assertThat(response.statusCode()).isEqualTo(200);
        return json(response);
    }
}
