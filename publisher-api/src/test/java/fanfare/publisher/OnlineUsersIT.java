package fanfare.publisher;

import static fanfare.publisher.RunningPublisher.json;
import static fanfare.testing.Await.until;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.presence.NodeState;
import fanfare.presence.PresenceLimits;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class OnlineUsersIT {
    private static final NodeState STATE = new NodeState("n", "127.0.0.1:7081", 0, 0, true, false, "test");
    /** Several to a bucket, and nearly all buckets in use. */
    private static final List<String> USERS =
            IntStream.range(0, 3_000).mapToObj(i -> "user|" + i).toList();

    private RunningPublisher publisher;
    private KnownGateway one;
    private KnownGateway two;

    @BeforeEach
    void start(Vertx vertx) throws Exception {
        publisher = RunningPublisher.start();
        one = KnownGateway.start(vertx, publisher.prefix, PresenceLimits.defaults(), STATE);
        two = KnownGateway.start(vertx, publisher.prefix, PresenceLimits.defaults(), STATE);
    }

    @AfterEach
    void stop() throws Exception {
        one.stop();
        two.stop();
        assertThat(publisher.metric("fanfare_internal_errors_total")).isZero();
        publisher.close();
    }

    @Test
    void everybodyIsListedOnceWhateverTheSizeOfThePages() {
        assertThat(json(page(""))).isEqualTo(new JsonObject("{\"users\":[],\"cursor\":null}"));
        USERS.forEach(one::open);
        USERS.subList(0, 1_000).forEach(two::open);
        until("all are online", () -> walk(1_000).size() == USERS.size());
        for (int limit : new int[] {1_000, 97, 5}) {
            assertThat(walk(limit)).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(USERS);
        }
        assertThat(json(page("")).getJsonArray("users")).hasSizeBetween(50, 100);
    }

    @Test
    void whoIsThereThroughoutIsListedOnceWhileOthersComeAndGo() {
        List<String> steady = USERS.subList(0, 1_000);
        List<String> leaving = USERS.subList(1_000, 2_000);
        List<String> coming = USERS.subList(2_000, 3_000);
        steady.forEach(one::open);
        leaving.forEach(one::open);
        until("all are online", () -> walk(1_000).size() == 2_000);
        List<String> met = new ArrayList<>();
        String cursor = "";
        for (int page = 0; cursor != null; page++) {
            for (int i = page * 10; i < Math.min(1_000, page * 10 + 10); i++) {
                one.leave(leaving.get(i));
                two.open(coming.get(i));
                // Whoever is held by a second gateway stays one user.
                two.open(steady.get(i));
            }
            JsonObject answer = json(page("?limit=20" + cursor));
            answer.getJsonArray("users").forEach(user -> met.add((String) user));
            cursor = answer.getString("cursor") == null ? null : "&cursor=" + answer.getString("cursor");
        }
        assertThat(met).doesNotHaveDuplicates().containsAll(steady);
        assertThat(new HashSet<>(USERS)).containsAll(met);
    }

    @Test
    void whomOnlyADeadGatewayHeldIsNotListed(Vertx vertx) {
        PresenceLimits defaults = PresenceLimits.defaults();
        PresenceLimits shortLived = new PresenceLimits(
                Duration.ofSeconds(2),
                Duration.ofMillis(200),
                defaults.grace(),
                defaults.countPeriod(),
                defaults.comeback(),
                defaults.claim(),
                defaults.bucketsPerSecond());
        KnownGateway dying = KnownGateway.start(vertx, publisher.prefix, shortLived, STATE);
        dying.open("1");
        dying.open("2");
        one.open("2");
        one.open("3");
        until("all are online", () -> walk(1_000).size() == 3);
        dying.crash();
        until("one is offline", () -> walk(1_000).size() == 2);
        assertThat(walk(1)).containsExactlyInAnyOrder("2", "3");
    }

    @Test
    void anEmptyFieldIsAsIfItWereNotSent() {
        one.open("1");
        until("somebody is online", () -> walk(1_000).size() == 1);
        assertThat(json(page("?limit=&cursor=")).getJsonArray("users")).containsExactly("1");
    }

    @Test
    void badFieldsAreRefusedByName() {
        for (String limit : List.of("0", "1001", "x")) {
            refused(page("?limit=" + limit), "limit");
        }
        for (String cursor : List.of(
                "x", "null", "*", encoded("1024:"), encoded("x:"), encoded("1"), encoded("1:a b"), encoded("01:"))) {
            refused(page("?cursor=" + cursor), "cursor");
        }
        // Of one bucket at most.
        long fitting = IntStream.range(0, 1_024)
                .filter(bucket -> page("?cursor=" + encoded(bucket + ":42")).statusCode() == 200)
                .count();
        assertThat(fitting).isEqualTo(1);
    }

    private static String encoded(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static void refused(HttpResponse<String> response, String field) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        assertThat(json(response).getString("field")).isEqualTo(field);
    }

    private HttpResponse<String> page(String query) {
        return publisher.get(publisher.port, "/v1/presence" + query);
    }

    private List<String> walk(int limit) {
        List<String> met = new ArrayList<>();
        String cursor = "";
        while (cursor != null) {
            JsonObject answer = json(page("?limit=" + limit + cursor));
            assertThat(answer.getJsonArray("users")).hasSizeLessThanOrEqualTo(limit);
            answer.getJsonArray("users").forEach(user -> met.add((String) user));
            cursor = answer.getString("cursor") == null ? null : "&cursor=" + answer.getString("cursor");
        }
        return met;
    }
}
