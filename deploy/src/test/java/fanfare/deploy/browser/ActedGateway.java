package fanfare.deploy.browser;

import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Says over SockJS' WebSockets what a gateway seldom says, and when the test wants it. */
final class ActedGateway {
    private final List<ServerWebSocket> sockets = new CopyOnWriteArrayList<>();
    private final List<JsonObject> heard = new CopyOnWriteArrayList<>();

    void accept(ServerWebSocket socket) {
        sockets.add(socket);
        socket.textMessageHandler(frame -> new JsonArray(frame).forEach(text -> hear(new JsonObject((String) text))));
        socket.writeTextMessage("o");
    }

    /** How often somebody has come. */
    int connects() {
        return sockets.size();
    }

    /** What was said of this type, on all connections. */
    List<JsonObject> heard(String type) {
        return heard.stream()
                .filter(message -> type.equals(message.getString("type")))
                .toList();
    }

    /** Says all of it at once on the newest connection. */
    void say(List<JsonObject> messages) {
        JsonArray texts = new JsonArray();
        messages.forEach(message -> texts.add(message.encode()));
        newest().writeTextMessage("a" + texts.encode());
    }

    void say(JsonObject message) {
        say(List.of(message));
    }

    /** Ends the newest connection without a word of Fanfare's. */
    void drop() {
        newest().close();
    }

    /** An event whose data is its id. */
    static JsonObject event(String id, long time) {
        return new JsonObject()
                .put("type", "event")
                .put("channel", "user")
                .put("namespace", "/acted")
                .put("event", "acted")
                .put("data", id)
                .put("id", id)
                .put("position", "1-" + time)
                .put("time", time);
    }

    private ServerWebSocket newest() {
        return sockets.get(sockets.size() - 1);
    }

    private void hear(JsonObject message) {
        heard.add(message);
        if ("hello".equals(message.getString("type"))) {
            say(new JsonObject()
                    .put("type", "welcome")
                    .put("connection", "acted")
                    .put("user", "alice")
                    .put("node", "acted")
                    .put("protocol", 1)
                    .put("recovered", message.containsKey("resume") ? true : null)
                    .put("resume", "acted"));
        }
    }
}
