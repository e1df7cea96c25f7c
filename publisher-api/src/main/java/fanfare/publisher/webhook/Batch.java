package fanfare.publisher.webhook;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** What one request tells, and what it settles. Its id goes by its content, so it stays when another publisher sends it. */
final class Batch {
    private static final int ID_BYTES = 16;

    /** In the order of their places. */
    final List<Event> taken;
    /** Those of them that are news to the site. */
    final List<Event> news;

    final String id;
    final byte[] body;
    /** When it was sent first [ns]. */
    final long begunNs;
    /** Tries that failed. */
    int failures;

    Batch(List<Event> taken, List<Event> news, long begunNs) {
        this.taken = taken;
        this.news = news;
        this.begunNs = begunNs;
        JsonArray events = new JsonArray();
        news.forEach(event -> events.add(event.toJson()));
        this.body = new JsonObject().put("events", events).encode().getBytes(StandardCharsets.UTF_8);
        this.id = "events_" + HexFormat.of().formatHex(sha256(body), 0, ID_BYTES);
    }

    Buffer toBuffer() {
        return Buffer.buffer(body);
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
