package fanfare.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.gateway.protocol.ResumeToken;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Writes down what a session does with its transport. */
final class RecordingTransport implements Transport {
    final List<String> events = new ArrayList<>();
    /** In the last message that had one. */
    private String token = "";
    /** The network takes nothing while this is false. */
    boolean writable = true;
    /** Who writes, and what the network says to that. */
    @Nullable
    Session session;

    Future<Void> network = Future.succeededFuture();
    /** How often something was to be written. */
    int writes;
    /** What happens then, before the network takes anything. */
    Runnable whileWriting = () -> {};
    /** Writing meets a bug. */
    boolean broken;
    /** The question whether it takes more does. */
    boolean puzzled;

    @Override
    public String name() {
        return "recording";
    }

    @Override
    public boolean takesMore() {
        if (puzzled) {
            throw new IllegalStateException("bug");
        }
        return writable;
    }

    @Override
    public int write(SendQueue queue) {
        writes++;
        whileWriting.run();
        if (broken) {
            throw new IllegalStateException("bug");
        }
        SendQueue.Reader waiting = queue.reader();
        while (takesMore() && !waiting.isAtEnd()) {
            JsonObject json =
                    new JsonObject(Objects.requireNonNull(waiting.poll()).text());
            token = json.getString("resume", token);
            events.add("write " + brief(json));
            if (session != null) {
                session.handedOver(waiting.asked(), network);
            }
        }
        return waiting.taken();
    }

    @Override
    public void heartbeat() {
        events.add("heartbeat");
    }

    @Override
    public void close(CloseReason reason) {
        events.add("close " + reason.code());
    }

    @Override
    public void reset() {
        events.add("reset");
    }

    void expect(String... expected) {
        assertThat(events).isEqualTo(Arrays.asList(expected));
        events.clear();
    }

    /** Nothing but heartbeats has happened. */
    void expectHeartbeats() {
        events.removeIf("heartbeat"::equals);
        expect();
    }

    /** Heartbeats have happened, and this. */
    void expectHeartbeatsAnd(String... expected) {
        events.removeIf("heartbeat"::equals);
        expect(expected);
    }

    /** The last token that was sent. */
    ResumeToken.Read token() {
        return Objects.requireNonNull(ResumeToken.decode(token));
    }

    private static String brief(JsonObject message) {
        return switch (message.getString("type")) {
            case "welcome" -> "welcome " + message.getValue("user") + " " + message.getValue("recovered");
            case "event" -> "event " + message.getValue("data");
            case "error" -> "error " + message.getValue("code");
            default -> message.getString("type");
        };
    }
}
