package fanfare.publisher;

import static fanfare.publisher.RunningPublisher.json;
import static fanfare.testing.Await.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistoryIT {
    @TempDir
    private Path folder;

    private RunningPublisher publisher;

    @BeforeEach
    void start() {
        publisher = RunningPublisher.withKeys(
                folder, Map.of("orders", "history:read=/orders", "other", "presence:read,publish:user"));
    }

    @AfterEach
    void stop() throws Exception {
        assertThat(publisher.metric("fanfare_internal_errors_total")).isZero();
        publisher.close();
    }

    @Test
    void whatWasPublishedIsThereVerbatimOldestFirst() {
        String data = "{\"n\":12345678901234567890.10,\"s\":\"\\ud800\\/ a\",\"data\":[1e400,{\"event\":-0}]}";
        JsonObject first = publish("1", "/é a", "e\\\"", data, 60);
        JsonObject second = publish("1", "/b", "e", "null", 60);
        HttpResponse<String> response = history("1", "");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
        assertThat(response.body()).contains("\"data\":" + data + ",");
        JsonArray publications = json(response).getJsonArray("publications");
        assertThat(publications).hasSize(2);
        JsonObject kept = publications.getJsonObject(0);
        assertThat(kept.fieldNames()).containsExactly("id", "position", "namespace", "event", "data", "time");
        assertThat(kept.getString("id")).isEqualTo(first.getString("id"));
        assertThat(kept.getString("position")).isEqualTo(first.getString("position"));
        assertThat(kept.getString("namespace")).isEqualTo("/é a");
        assertThat(kept.getString("event")).isEqualTo("e\"");
        assertThat(kept.getLong("time")).isPositive();
        assertThat(publications.getJsonObject(1).getString("position")).isEqualTo(second.getString("position"));
        assertThat(json(history("nobody", ""))).isEqualTo(new JsonObject().put("publications", new JsonArray()));
    }

    @Test
    void pagesFollowEachOther() {
        String elements = IntStream.range(0, 100)
                .mapToObj(i -> "{\"to\":{\"user\":\"1\"},\"namespace\":\"/a\",\"event\":\"e\",\"data\":" + i + "}")
                .collect(Collectors.joining(","));
        assertThat(publisher
                        .post("/v1/batch", "{\"publications\":[" + elements + "]}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(data("1", "")).hasSize(100);
        assertThat(data("1", "?limit=1000")).hasSize(100);
        List<Object> read = new ArrayList<>();
        String after = "";
        for (int page = 0; page < 4; page++) {
            JsonArray publications = json(history("1", "?limit=30" + after)).getJsonArray("publications");
            assertThat(publications).hasSize(page < 3 ? 30 : 10);
            publications.forEach(each -> read.add(((JsonObject) each).getValue("data")));
            after = "&after="
                    + publications.getJsonObject(publications.size() - 1).getString("position");
        }
        assertThat(read).isEqualTo(IntStream.range(0, 100).boxed().toList());
        assertThat(data("1", "?limit=30" + after)).isEmpty();
        assertThat(data("1", "?after=1-1")).hasSize(100);
    }

    @Test
    void whatHasExpiredIsLeftOut() {
        publish("1", "/a", "e", "\"short\"", 1);
        publish("1", "/a", "e", "\"long\"", 600);
        until("the first has expired", () -> data("1", "").size() == 1);
        assertThat(data("1", "")).containsExactly("long");
        assertThat(data("1", "?limit=1")).containsExactly("long");
    }

    @Test
    void anEmptyFieldIsAsIfItWereNotSent() {
        publish("1", "/a", "e", "1", 60);
        assertThat(data("1", "?limit=&after=")).containsExactly(1);
    }

    @Test
    void badFieldsAreRefusedByName() throws Exception {
        for (String limit : List.of("0", "1001", "-1", "x", "1.0", "99999999999", "+1", "1&limit=2")) {
            refused(history("1", "?limit=" + limit), "limit");
        }
        for (String after : List.of("x", "1", "1-", "-1", "1-x", "1-2-3", "1-1&after=1-1")) {
            refused(history("1", "?after=" + after), "after");
        }
        refused(history("a%20b", ""), "user");
        String broken =
                "GET /v1/users/1/history?limit=%zz HTTP/1.0\r\nHost: localhost\r\nX-API-Key: dev.secret\r\n\r\n";
        assertThat(publisher.raw(broken))
                .contains(" 400 ", "urn:fanfare:problem:invalid", "write a percent sign as %25");
    }

    @Test
    void aNarrowedKeySeesItsNamespacesOnly() {
        publish("1", "/orders", "e", "1", 60);
        publish("1", "/secrets", "e", "2", 60);
        publish("1", "/orders", "e", "3", 60);
        HttpResponse<String> narrowed = historyWith("orders.secret");
        assertThat(json(narrowed).getJsonArray("publications"))
                .extracting(each -> ((JsonObject) each).getValue("data"))
                .containsExactly(1, 3);
        assertThat(historyWith("other.secret").statusCode()).isEqualTo(403);
    }

    private JsonObject publish(String user, String namespace, String event, String data, int ttl) {
        HttpResponse<String> response = publisher.post(
                "/v1/publish",
                "{\"to\":{\"user\":\"" + user + "\"},\"namespace\":\"" + namespace + "\",\"event\":\"" + event
                        + "\",\"data\":" + data + ",\"ttl\":" + ttl + "}");
        assertThat(response.statusCode()).isEqualTo(200);
        return json(response);
    }

    private HttpResponse<String> historyWith(String key) {
        return publisher.send(publisher
                .request(publisher.port, "/v1/users/1/history")
                .header("X-API-Key", key)
                .GET());
    }

    private HttpResponse<String> history(String user, String query) {
        return publisher.get(publisher.port, "/v1/users/" + user + "/history" + query);
    }

    private List<Object> data(String user, String query) {
        return json(history(user, query)).getJsonArray("publications").stream()
                .map(each -> ((JsonObject) each).getValue("data"))
                .toList();
    }

    private static void refused(HttpResponse<String> response, String field) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        assertThat(json(response).getString("field")).isEqualTo(field);
    }
}
