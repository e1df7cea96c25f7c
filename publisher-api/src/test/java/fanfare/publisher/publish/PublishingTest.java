package fanfare.publisher.publish;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.broker.Broker;
import fanfare.broker.BrokerLimits;
import fanfare.broker.Durability;
import fanfare.broker.Published;
import fanfare.channel.Channel;
import fanfare.channel.Position;
import fanfare.config.RedisConfig;
import fanfare.publisher.json.JsonBody;
import fanfare.receipt.ReceiptWriter;
import fanfare.redis.Keys;
import fanfare.redis.RedisDownException;
import fanfare.redis.Shards;
import fanfare.testing.Await;
import fanfare.testing.RecordedLog;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a caller and an operator hear of publications of which only some succeed. */
@ExtendWith(VertxExtension.class)
class PublishingTest {
    private static final Channel UNLUCKY = Channel.user("2");
    private static final Published STORED = new Published(new Position(1, 1), false, 0, false, 0, 0, true);

    private final RecordedLog log = RecordedLog.start();
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private Publishing publishing;

    @BeforeEach
    void make(Vertx vertx) {
        Keys keys = new Keys("test:");
        Shards shards = Shards.of(vertx, new RedisConfig("redis://127.0.0.1:1", ""));
        // Nothing here gets as far as this one, which is not opened.
        Broker broker = new Broker(vertx, shards, keys, BrokerLimits.defaults(), "test", () -> 0, metrics);
        publishing = new Publishing(
                vertx,
                broker,
                new ReceiptWriter(broker.links(), keys),
                600,
                Durability.MASTER,
                90,
                () -> "made",
                metrics);
    }

    @AfterEach
    void stop() {
        log.close();
    }

    @Test
    void aBugThatOneOfSeveralMeetsIsCountedAndInTheLog() {
        assertThat(statusOfTheUnlucky(new IllegalStateException("a bug"))).isEqualTo(500);
        assertThat(bugs()).isEqualTo(1);
        assertThat(log.records()).extracting(LogRecord::getMessage).containsExactly("publish, request r");
    }

    @Test
    void redisBeingAwayIsNoBug() {
        assertThat(statusOfTheUnlucky(new RedisDownException("away"))).isEqualTo(503);
        assertThat(bugs()).isZero();
        assertThat(log.records()).isEmpty();
    }

    private int statusOfTheUnlucky(Throwable failure) {
        PublishRequest request = PublishRequest.parse(
                JsonBody.of(Buffer.buffer(
                        "{\"to\":{\"users\":[\"1\",\"2\"]},\"namespace\":\"/a\",\"event\":\"e\",\"data\":1}")),
                publishing.defaults());
        String answer = Await.result(publishing.publish(
                request,
                (channel, asked, mailing) ->
                        channel.equals(UNLUCKY) ? Future.failedFuture(failure) : Future.succeededFuture(STORED),
                "r"));
        JsonObject second = new JsonObject(answer).getJsonArray("results").getJsonObject(1);
        assertThat(second.getString("user")).isEqualTo("2");
        return second.getInteger("status");
    }

    private double bugs() {
        return metrics.get("fanfare_internal_errors_total").counter().count();
    }
}
