package fanfare.publisher;

import static fanfare.publisher.RunningPublisher.json;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.testing.Await;
import fanfare.testing.RawHttp;
import fanfare.testing.RedisServer;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BodyRoomIT {
    private static final int ROOM = 16 << 20;
    private static final int BODY = 8 << 20;
    private static final String HEAD =
            "POST /v1/publish HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer dev.secret\r\n"
                    + "Content-Type: application/json\r\nContent-Length: " + BODY + "\r\n\r\n";

    @Test
    void bodiesThatDawdleTakeNoMoreThanTheirRoom() {
        try (RunningPublisher publisher = RunningPublisher.start(
                RedisServer.shared().url(),
                PublisherVerticle.BODY_MAX,
                Map.of("FANFARE_BODY_BYTES_PENDING_MAX", Integer.toString(ROOM)))) {
            try (RawHttp one = RawHttp.to(publisher.port);
                    RawHttp other = RawHttp.to(publisher.port)) {
                one.send(HEAD + " ".repeat(BODY - 1));
                other.send(HEAD + " ".repeat(BODY - 1));
                Await.until("both are waited for", () -> pending(publisher) == ROOM - 2);
                HttpResponse<String> refused = publisher.post("/v1/publish", RunningPublisher.PUBLISH);
                assertThat(refused.statusCode()).isEqualTo(503);
                assertThat(refused.headers().firstValue("retry-after")).hasValue("1");
                assertThat(json(refused).getString("type")).isEqualTo("urn:fanfare:problem:unavailable");
                assertThat(publisher.metric("fanfare_bodies_refused_total")).isEqualTo(1);
            }
            Await.until("there is room again", () -> pending(publisher) == 0);
            assertThat(publisher.post("/v1/publish", RunningPublisher.PUBLISH).statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void largeBodiesLeaveRoomForSmallOnes() {
        try (RunningPublisher publisher = RunningPublisher.start(
                RedisServer.shared().url(),
                PublisherVerticle.BODY_MAX,
                Map.of("FANFARE_BODY_BYTES_PENDING_MAX", Integer.toString(3 * BODY)))) {
            try (RawHttp one = RawHttp.to(publisher.port);
                    RawHttp other = RawHttp.to(publisher.port);
                    RawHttp third = RawHttp.to(publisher.port)) {
                one.send(HEAD + " ".repeat(BODY - 1));
                other.send(HEAD + " ".repeat(BODY - 1));
                Await.until("both are waited for", () -> pending(publisher) == 2 * BODY - 2);
                third.send(HEAD + " ".repeat(BODY / 2));
                assertThat(third.answer().status()).isEqualTo(503);
                assertThat(publisher
                                .post("/v1/publish", RunningPublisher.PUBLISH)
                                .statusCode())
                        .isEqualTo(200);
            }
        }
    }

    private static double pending(RunningPublisher publisher) {
        return publisher.metric("fanfare_body_bytes_pending");
    }
}
