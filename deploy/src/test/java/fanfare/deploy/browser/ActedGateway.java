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
    /** Who the browser is. */
    private volatile String user = "alice";
    /** Whether hellos get lost on their way. */
    private volatile boolean deaf;

    void accept(ServerWebSocket socket) {
        sockets.add(socket);
        socket.textMessageHandler(frame -> new JsonArray(frame).forEach(text -> hear(new JsonObject((String) text))));
        socket.writeTextMessage("o");
    }

    /** Takes the browser for somebody else from the next connection on. */
    void becomes(String other) {
        user = other;
    }

    /** From now on it lets browsers in without having had their hellos, as a gateway does after a while. */
    void hearsNoHellos() {
        deaf = true;
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
        if ("hello".equals(message.getString("type"))) {
            say(new JsonObject()
                    .put("type", "welcome")
                    .put("connection", "acted")
                    .put("user", user)
                    .put("node", "acted")
                    .put("protocol", 1)
                    .put("recovered", (message.containsKey("resume") && !deaf) ? true : null)
                    .put("resume", "acted"));
        }
        // What the test says upon it comes after the answer.
        heard.add(message);
    }
}
