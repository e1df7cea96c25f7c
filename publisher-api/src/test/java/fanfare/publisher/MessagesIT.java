package fanfare.publisher;

import static fanfare.publisher.RunningPublisher.json;
import static fanfare.testing.Await.until;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.redis.Keys;
import fanfare.testing.RedisServer;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Receipts as a backend sees them, while no gateway runs; what gateways add is told in their own tests. */
@ExtendWith(VertxExtension.class)
class MessagesIT {
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
    void whatWasStoredIsThereAsSoonAsThePublishIsAnswered() {
        JsonObject answer = publish("'to':{'user':'42'},'id':'a /1%','receipt':true", "/a");
        assertThat(answer.getValue("receipt")).isEqualTo(true);
        JsonObject message = json(message("a%20%2F1%25"));
        assertThat(message.fieldNames()).containsExactly("id", "channels", "omitted");
        assertThat(message.getString("id")).isEqualTo("a /1%");
        assertThat(message.getInteger("omitted")).isZero();
        JsonObject channel = message.getJsonArray("channels").getJsonObject(0);
        assertThat(channel.getString("channel")).isEqualTo("user");
        assertThat(channel.getString("user")).isEqualTo("42");
        assertThat(channel.getString("namespace")).isEqualTo("/a");
        assertThat(channel.getString("event")).isEqualTo("e");
        assertThat(channel.getString("position")).isEqualTo(answer.getString("position"));
        assertThat(channel.getLong("expires")).isGreaterThan(channel.getLong("stored"));
        assertThat(channel.getString("state")).isEqualTo("offline");
        assertThat(channel.getJsonArray("gateways")).isEmpty();
        assertThat(channel.getJsonArray("connections")).isEmpty();
        assertThat(publisher.metric("fanfare_receipts_total{outcome=\"begun\"}"))
                .isEqualTo(1);
    }

    @Test
    void whatNobodyAskedForIsNotThere() {
        assertThat(publish("'to':{'user':'42'},'id':'plain'", "/a").containsKey("receipt"))
                .isFalse();
        assertThat(publish("'to':{'user':'42'},'id':'declined','receipt':false", "/a")
                        .containsKey("receipt"))
                .isFalse();
        notFound(message("plain"));
        notFound(message("declined"));
        notFound(message("unheard"));
        assertThat(message("x".repeat(129)).statusCode()).isEqualTo(400);
        assertThat(publisher.post("/v1/messages/plain", "{}").statusCode()).isEqualTo(405);
        HttpResponse<String> refused = publisher.post("/v1/publish", body("'to':{'user':'42'},'receipt':'yes'", "/a"));
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(json(refused).getString("field")).isEqualTo("receipt");
    }

    @Test
    void severalUsersShareARecordAndABatchHasOneForEach() {
        JsonObject answer = publish("'to':{'users':['1','2']},'id':'both','receipt':true", "/a");
        assertThat(answer.getJsonArray("results")).allMatch(each -> ((JsonObject) each).getBoolean("receipt"));
        assertThat(users(json(message("both")))).containsExactlyInAnyOrder("1", "2");
        String batch = "{\"publications\":[" + body("'to':{'user':'3'},'receipt':true", "/a") + ","
                + body("'to':{'user':'4'}", "/a") + "]}";
        JsonArray results = json(publisher.post("/v1/batch", batch)).getJsonArray("results");
        String first = results.getJsonObject(0).getString("id");
        assertThat(users(json(message(first)))).containsExactly("3");
        assertThat(results.getJsonObject(1).containsKey("receipt")).isFalse();
        notFound(message(results.getJsonObject(1).getString("id")));
    }

    @Test
    void theFirstRecordStandsAndADuplicateOfWhatHadNoneGetsNone() {
        String position =
                publish("'to':{'user':'1'},'id':'twice','receipt':true", "/a").getString("position");
        JsonObject again = publish("'to':{'user':'1'},'id':'twice','receipt':true", "/b");
        assertThat(again.getBoolean("duplicate")).isTrue();
        assertThat(again.getValue("receipt")).isEqualTo(true);
        JsonArray channels = json(message("twice")).getJsonArray("channels");
        assertThat(channels).hasSize(1);
        assertThat(channels.getJsonObject(0).getString("position")).isEqualTo(position);
        assertThat(channels.getJsonObject(0).getString("namespace")).isEqualTo("/a");

        publish("'to':{'user':'1'},'id':'late'", "/a");
        assertThat(publish("'to':{'user':'1'},'id':'late','receipt':true", "/a").getValue("receipt"))
                .isEqualTo(false);
        notFound(message("late"));
        assertThat(publisher.metric("fanfare_receipts_total{outcome=\"none\"}"))
                .as("nothing is wrong with these")
                .isEqualTo(1);
        assertThat(publisher.metric("fanfare_receipts_total{outcome=\"failed\"}"))
                .isZero();
    }

    @Test
    void aNarrowedKeySeesItsNamespacesOnly() {
        publish("'to':{'user':'1'},'id':'mixed','receipt':true", "/orders");
        publish("'to':{'user':'2'},'id':'mixed','receipt':true", "/secrets");
        publish("'to':{'user':'2'},'id':'hidden','receipt':true", "/secrets");
        assertThat(users(json(messageWith("orders.secret", "mixed")))).containsExactly("1");
        notFound(messageWith("orders.secret", "hidden"));
        assertThat(messageWith("other.secret", "mixed").statusCode()).isEqualTo(403);
        assertThat(users(json(message("mixed")))).containsExactlyInAnyOrder("1", "2");
    }

    @Test
    void whatExpiresBeforeAnybodyCameIsToldSo() {
        publish("'to':{'user':'1'},'id':'brief','receipt':true,'ttl':1", "/a");
        until("it has expired", () -> json(message("brief"))
                .getJsonArray("channels")
                .getJsonObject(0)
                .getString("state")
                .equals("expired"));
    }

    /** A receipt that cannot be begun is no reason to say that the publication failed. */
    @Test
    void aPublishDoesNotFailForItsReceipt(Vertx vertx) throws Exception {
        Request set = Request.cmd(Command.SET)
                .arg(new Keys(publisher.prefix).receipt("spoilt"))
                .arg("no hash");
        StoredItems.ask(vertx, RedisServer.shared(), set);
        JsonObject answer = publish("'to':{'user':'1'},'id':'spoilt','receipt':true", "/a");
        assertThat(answer.getString("position")).isNotNull();
        assertThat(answer.getValue("receipt")).isEqualTo(false);
        assertThat(publisher.metric("fanfare_receipts_total{outcome=\"failed\"}"))
                .isEqualTo(1);
        assertThat(publisher.metric("fanfare_receipts_total{outcome=\"none\"}")).isZero();
    }

    private JsonObject publish(String fields, String namespace) {
        HttpResponse<String> response = publisher.post("/v1/publish", body(fields, namespace));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return json(response);
    }

    private static String body(String fields, String namespace) {
        return "{" + (fields + ",'namespace':'" + namespace + "','event':'e','data':1}").replace('\'', '"');
    }

    private HttpResponse<String> message(String id) {
        return publisher.get(publisher.port, "/v1/messages/" + id);
    }

    private HttpResponse<String> messageWith(String key, String id) {
        return publisher.send(publisher
                .request(publisher.port, "/v1/messages/" + id)
                .header("X-API-Key", key)
                .GET());
    }

    private static List<String> users(JsonObject message) {
        return message.getJsonArray("channels").stream()
                .map(each -> ((JsonObject) each).getString("user"))
                .toList();
    }

    private static void notFound(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(404);
        assertThat(json(response).getString("type")).isEqualTo("urn:fanfare:problem:not-found");
        assertThat(json(response).getString("detail")).contains("receipt");
    }
}
