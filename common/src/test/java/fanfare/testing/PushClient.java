package fanfare.testing;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A page's connection without a page, over any transport. What the server says is queued, and a test takes it out in order:
 * each {@code expect} waits for the next message and fails if it is another one, {@link #assertNothingElse} fails if any
 * is left. Heartbeats are not told, nor are {@code resume} messages, which may come at any time: see {@link #token}.
 */
public final class PushClient implements AutoCloseable {
    /** Generous, since it only ever passes in full when a test fails. */
    private static final Duration WAIT_MAX = Duration.ofSeconds(20);

    private final String name;
    private final BlockingQueue<Heard> heard = new LinkedBlockingQueue<>();
    private final CompletableFuture<@Nullable Void> opened = new CompletableFuture<>();
    private final Wire wire;
    /** The newest resume token; null before the welcome. */
    private volatile @Nullable String token;

    private PushClient(
            Vertx vertx, PushTransport transport, List<String> baseUris, String query, Map<String, String> headers) {
        this.name = transport + " " + headers;
        String baseUri = baseUris.get(0);
        String path = "/push/%03d/%s"
                .formatted(
                        ThreadLocalRandom.current().nextInt(1_000),
                        Long.toString(ThreadLocalRandom.current().nextLong(Long.MAX_VALUE), 36));
        Inbox ear = new Inbox();
        this.wire = switch (transport) {
            case RAW_WEBSOCKET ->
                new WebSocketWire(vertx, socket(baseUri) + "/push/websocket" + query, false, headers, ear);
            case SOCKJS_WEBSOCKET ->
                new WebSocketWire(vertx, socket(baseUri + path) + "/websocket", true, headers, ear);
            case XHR_STREAMING, EVENTSOURCE, HTMLFILE, XHR, JSONP ->
                new FallbackWire(
                        vertx,
                        baseUris.stream().map(uri -> uri + path).toList(),
                        FallbackWire.Form.valueOf(transport.name()),
                        headers,
                        ear);
        };
    }

    /**
     * Begins to connect; what becomes of it is told like everything else.
     *
     * @param baseUri where the gateway is, such as {@code http://127.0.0.1:8081}
     */
    public static PushClient connect(
            Vertx vertx, PushTransport transport, String baseUri, Map<String, String> headers) {
        return connect(vertx, transport, List.of(baseUri), headers);
    }

    /** The same with several gateways, which get one request each in turn; a WebSocket is the first one's. */
    public static PushClient connect(
            Vertx vertx, PushTransport transport, List<String> baseUris, Map<String, String> headers) {
        return new PushClient(vertx, transport, baseUris, "", headers);
    }

    /** A raw WebSocket with a query such as {@code ?namespaces=/a}, which counts as its hello. */
    public static PushClient connectRaw(Vertx vertx, String baseUri, String query, Map<String, String> headers) {
        return new PushClient(vertx, PushTransport.RAW_WEBSOCKET, List.of(baseUri), query, headers);
    }

    /** Waits for the 101 or SockJS' {@code o}. */
    public PushClient awaitOpen() {
        try {
            opened.get(WAIT_MAX.toMillis(), TimeUnit.MILLISECONDS);
            return this;
        } catch (Exception e) {
            throw new AssertionError(name + " was not accepted; heard " + heard, e);
        }
    }

    /** The resume token that the server handed out last; null before the welcome. */
    public @Nullable String token() {
        return token;
    }

    public boolean isOpen() {
        return opened.isDone();
    }

    /** Sends messages that the server is expected to take. */
    public PushClient send(String... messages) {
        try {
            trySend(messages).toCompletionStage().toCompletableFuture().get(WAIT_MAX.toMillis(), TimeUnit.MILLISECONDS);
            return this;
        } catch (Exception e) {
            throw new AssertionError(name + " could not send " + List.of(messages), e);
        }
    }

    /** Sends messages that the server may well refuse. */
    public Future<Void> trySend(String... messages) {
        return wire.send(List.of(messages));
    }

    /** Says hello, narrowed to these namespaces. */
    public PushClient hello(String... namespaces) {
        return send(new JsonObject()
                .put("type", "hello")
                .put("protocol", 1)
                .put("namespaces", new JsonArray(List.of(namespaces)))
                .encode());
    }

    /** Sends a ping and takes the pong, before which everything else that was sent has been heard. */
    public void ping() {
        send("{\"type\":\"ping\"}");
        expect("pong");
    }

    public Message expectWelcome() {
        return expect("welcome");
    }

    /**
     * The welcome that answers a hello with a token. A hello that took more than the second for which a gateway waits finds
     * the session served as a fresh one; what came so far is to be ignored then, as a page does.
     */
    public Message expectVerdict() {
        Message message = expectWelcome();
        while (!"welcome".equals(message.type()) || message.json().getValue("recovered") == null) {
            Heard next = next("a welcome with a verdict");
            if (!(next instanceof Message following)) {
                throw new AssertionError(name + " expected a welcome with a verdict but heard " + next);
            }
            message = following;
        }
        return message;
    }

    public Message expectEvent() {
        return expect("event");
    }

    /** The next message, which must be an event called {@code event}. */
    public Message expectEvent(String event) {
        Message message = expectEvent();
        if (!event.equals(message.string("event"))) {
            throw new AssertionError(name + " expected the event " + event + " but heard " + message.text());
        }
        return message;
    }

    /** The next event, with any number of gaps told before it. */
    public Message expectEventAfterGaps() {
        Heard next = next("event");
        while (next instanceof Message message && "gap".equals(message.type())) {
            next = next("event");
        }
        if (next instanceof Message message && "event".equals(message.type())) {
            return message;
        }
        throw new AssertionError(name + " expected an event but heard " + next);
    }

    public List<Message> expectEvents(int count) {
        List<Message> events = new ArrayList<>(count);
        while (events.size() < count) {
            events.add(expectEvent());
        }
        return events;
    }

    /** The next message, which must be of this type. */
    public Message expect(String type) {
        Heard next = next(type);
        if (next instanceof Message message && type.equals(message.type())) {
            return message;
        }
        throw new AssertionError(name + " expected " + type + " but heard " + next);
    }

    /** The session ends now with this code; returns the reason. A message that it comes may go before it. */
    public String expectClose(int code) {
        Heard next = next("close " + code);
        if (next instanceof Message message && ("error".equals(message.type()) || "reconnect".equals(message.type()))) {
            next = next("close " + code);
        }
        if (next instanceof Heard.Closed closed && closed.code() == code) {
            return closed.reason();
        }
        throw new AssertionError(name + " expected close " + code + " but heard " + next);
    }

    /** The server refuses the session with this HTTP status; returns the body. */
    public String expectRefusal(int status) {
        Heard next = next("status " + status);
        if (next instanceof Heard.Refused refused && refused.status() == status) {
            return refused.body();
        }
        throw new AssertionError(name + " expected status " + status + " but heard " + next);
    }

    /** Everything that was heard has been expected. */
    public void assertNothingElse() {
        if (!heard.isEmpty()) {
            throw new AssertionError(name + " also heard " + heard);
        }
    }

    /** Goes away as a closed tab does. */
    @Override
    public void close() {
        try {
            wire.close().toCompletionStage().toCompletableFuture().get(WAIT_MAX.toMillis(), TimeUnit.MILLISECONDS);
        } catch (Exception e) {
            throw new AssertionError(name + " could not be closed", e);
        }
    }

    @Override
    public String toString() {
        return name;
    }

    private Heard next(String wanted) {
        try {
            Heard next = heard.poll(WAIT_MAX.toMillis(), TimeUnit.MILLISECONDS);
            if (next != null) {
                return next;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new AssertionError(name + " waited in vain for " + wanted);
    }

    private static String socket(String uri) {
        return uri.replaceFirst("^http", "ws");
    }

    private final class Inbox implements Wire.Ear {
        @Override
        public void opened() {
            opened.complete(null);
        }

        @Override
        public void message(String text) {
            Message message = new Message(text);
            String handedOut = message.json().getString("resume");
            if (handedOut != null) {
                token = handedOut;
            }
            if (!"resume".equals(message.type())) {
                heard.add(message);
            }
        }

        @Override
        public void closed(int code, String reason) {
            heard.add(new Heard.Closed(code, reason));
        }

        @Override
        public void refused(int status, String body) {
            heard.add(new Heard.Refused(status, body));
        }
    }
}
