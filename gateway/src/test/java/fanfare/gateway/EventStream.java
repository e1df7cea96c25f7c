package fanfare.gateway;

import fanfare.testing.RawHttp;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An EventSource's connection to {@code /events}, line by line (HTML standard, 9.2.6). */
final class EventStream implements AutoCloseable {
    private final RawHttp http;
    private final RawHttp.Head head;
    private final Chunks chunks;

    /** What stood between two empty lines; comments are left out. */
    record Event(List<String> lines) {
        /** The value of a field, its lines joined; null if there is none. */
        @Nullable
        String field(String name) {
            List<String> values = lines.stream()
                    .filter(line -> line.startsWith(name + ":"))
                    .map(line -> line.substring(name.length() + 1).replaceFirst("^ ", ""))
                    .toList();
            return values.isEmpty() ? null : String.join("\n", values);
        }

        JsonObject json() {
            String data = field("data");
            if (data == null) {
                throw new AssertionError("no data in " + lines);
            }
            return new JsonObject(data);
        }

        String type() {
            return json().getString("type");
        }

        /** The token with which a browser that lost its connection now would come back. */
        String id() {
            String id = field("id");
            if (id == null) {
                throw new AssertionError("no id in " + lines);
            }
            return id;
        }
    }

    private EventStream(RawHttp http) {
        this.http = http;
        this.head = http.head();
        this.chunks = new Chunks(http);
    }

    /** Connects with this login and waits for the head of the answer, which must be a stream. */
    static EventStream open(int port, String login, String query, String... headers) {
        List<String> all = new ArrayList<>(List.of(headers));
        all.add("Cookie: site_session=" + login);
        all.add("Accept: text/event-stream");
        EventStream stream =
                new EventStream(RawHttp.to(port).request("GET", "/events" + query, "", all.toArray(String[]::new)));
        if (stream.head.status() != 200) {
            throw new AssertionError("the stream was refused: " + stream.head);
        }
        return stream;
    }

    RawHttp.Head head() {
        return head;
    }

    /** Whether something has come that is not read yet. */
    boolean hasMore() {
        return http.hasMore();
    }

    String line() {
        return chunks.line();
    }

    Event next() {
        List<String> lines = new ArrayList<>();
        for (String line = chunks.line().strip();
                !line.isEmpty() || lines.isEmpty();
                line = chunks.line().strip()) {
            if (!line.isEmpty() && !line.startsWith(":")) {
                lines.add(line);
            }
        }
        return new Event(lines);
    }

    Event expect(String type) {
        Event next = next();
        while (next.type().equals("resume") && !type.equals("resume")) {
            next = next();
        }
        if (!next.type().equals(type)) {
            throw new AssertionError("expected " + type + " but heard " + next);
        }
        return next;
    }

    /** The next message, which must be an event called so. */
    Event expectEvent(String event) {
        Event next = expect("event");
        if (!event.equals(next.json().getString("event"))) {
            throw new AssertionError("expected the event " + event + " but heard " + next);
        }
        return next;
    }

    /** The stream's last message must be an error with this code. */
    Event expectError(int code) {
        Event last = expect("error");
        if (!Integer.toString(code).equals(last.json().getValue("code"))) {
            throw new AssertionError("expected " + code + " but heard " + last);
        }
        String rest = chunks.rest();
        if (!rest.isEmpty()) {
            throw new AssertionError("after the error came " + rest);
        }
        return last;
    }

    /** Reads this many events, whatever their order, by name. */
    Map<String, Event> events(int count) {
        Map<String, Event> events = new HashMap<>();
        while (events.size() < count) {
            Event event = expect("event");
            if (events.put(event.json().getString("event"), event) != null) {
                throw new AssertionError("twice: " + event);
            }
        }
        return events;
    }

    @Override
    public void close() {
        http.close();
    }
}
