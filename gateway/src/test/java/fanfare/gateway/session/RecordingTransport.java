package fanfare.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.gateway.protocol.Message;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Writes down what a session does with its transport. */
final class RecordingTransport implements Transport {
    final List<String> events = new ArrayList<>();
    /** The network takes nothing while this is false. */
    boolean writable = true;

    @Override
    public String name() {
        return "recording";
    }

    @Override
    public void write(SendQueue waiting) {
        while (writable && !waiting.isEmpty()) {
            Message message = waiting.poll();
            if (message != null) {
                events.add("write " + brief(new JsonObject(message.text())));
            }
        }
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

    private static String brief(JsonObject message) {
        return switch (message.getString("type")) {
            case "welcome" -> "welcome " + message.getValue("user") + " " + message.getValue("recovered");
            case "event" -> "event " + message.getValue("data");
            case "error" -> "error " + message.getValue("code");
            default -> message.getString("type");
        };
    }
}
