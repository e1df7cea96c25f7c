package fanfare.deploy.bench;

import fanfare.deploy.bench.socket.Wire;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetSocket;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One user on a raw WebSocket, with so little to it that thousands fit into a process. Confined to the event loop.
 *
 * <p>Like fanfare.js it keeps token and position, and resumes with them when it comes back.
 */
final class Visitor implements Wire.Listener {
    private final String user;
    /** Null while away. */
    private @Nullable NetSocket socket;

    private @Nullable String resume;
    private @Nullable String position;
    /** Told when the gateway's welcome is there: whether it recovered. */
    private Promise<Boolean> welcome = Promise.promise();
    /** What is waited for, and who waits. */
    private @Nullable String expected;

    private Promise<Void> heard = Promise.promise();
    private int eventsHeard;
    private boolean acknowledges;
    /** Ids of what has a receipt, since the last acknowledgement. */
    private final List<String> unacknowledged = new ArrayList<>(0);

    Visitor(String user) {
        this.user = user;
    }

    /** Comes, or comes back; tells whether the gateway said {@code recovered: true}. */
    Future<Boolean> come(NetClient client, int port) {
        welcome = Promise.promise();
        client.connect(port, Workbench.LOOPBACK)
                .onSuccess(connected -> {
                    socket = connected;
                    Wire wire = new Wire(this);
                    connected.handler(bytes -> read(connected, wire, bytes.getBytes()));
                    connected.closeHandler(closed -> welcome.tryFail("the gateway closed the connection of " + user));
                    connected.write(request(port));
                })
                .onFailure(welcome::tryFail);
        return welcome.future();
    }

    /** Goes as a browser does whose network has gone. */
    Future<Void> leave() {
        NetSocket leaving = socket;
        socket = null;
        return leaving == null ? Future.succeededFuture() : leaving.close();
    }

    /** Completes when an event with this data, a JSON string, has come. */
    Future<Void> expect(String data) {
        expected = data;
        heard = Promise.promise();
        return heard.future();
    }

    /** Whether it acknowledges from now on what has a receipt: as fanfare.js does, several at a time. */
    void acknowledge(boolean yes) {
        acknowledges = yes;
    }

    /** How many events came, expected or not. */
    int eventsHeard() {
        return eventsHeard;
    }

    private Buffer request(int port) {
        String query = "inbox=false"; // A hello, so that the gateway waits for none.
        if (resume != null) {
            query += "&resume=" + resume;
            if (position != null) {
                String positions = new JsonObject().put("user", position).encode();
                query += "&positions=" + URLEncoder.encode(positions, StandardCharsets.UTF_8);
            }
        }
        return Buffer.buffer(Wire.request("/push/websocket?" + query, port, Doorman.COOKIE + user));
    }

    private void read(NetSocket connection, Wire wire, byte[] bytes) {
        try {
            wire.read(bytes, bytes.length);
        } catch (IOException e) {
            welcome.tryFail(e);
            connection.close();
        }
    }

    @Override
    public void upgraded() {}

    /** Nobody here stays long enough to owe a pong. */
    @Override
    public void ping() {}

    @Override
    public void text(byte[] bytes, int from, int to) {
        JsonObject message = new JsonObject(new String(bytes, from, to - from, StandardCharsets.UTF_8));
        switch (message.getString("type")) {
            case "welcome" -> {
                resume = message.getString("resume");
                position = null;
                welcome.tryComplete(Boolean.TRUE.equals(message.getBoolean("recovered")));
            }
            case "resume" -> {
                resume = message.getString("resume");
                position = null;
            }
            case "event" -> {
                eventsHeard++;
                if (message.getString("channel").equals("user")) {
                    position = message.getString("position");
                }
                if (acknowledges && message.containsKey("receipt")) {
                    unacknowledged.add(message.getString("id"));
                }
                if (message.getValue("data").equals(expected)) {
                    acknowledge();
                    heard.tryComplete();
                }
            }
            default -> {
                // A gap, an error: what was expected will not come, and the benchmark will say so.
            }
        }
    }

    private void acknowledge() {
        NetSocket current = socket;
        if (current != null && !unacknowledged.isEmpty()) {
            JsonObject ack = new JsonObject().put("type", "ack").put("ids", new JsonArray(List.copyOf(unacknowledged)));
            current.write(Buffer.buffer(Wire.text(ack.toBuffer().getBytes())));
        }
        unacknowledged.clear();
    }
}
