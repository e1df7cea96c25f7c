package fanfare.control;

import fanfare.redis.Keys;
import fanfare.redis.LuaScript;
import fanfare.redis.RedisLinks;
import fanfare.redis.StreamId;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Applies orders in the order of the stream, each once, whether they come live or are caught up with. Confined to the
 * event loop of its link.
 */
public final class ControlReader {
    private static final System.Logger LOG = System.getLogger(ControlReader.class.getName());

    /** What a stream begins with that would be empty otherwise; it orders nothing. */
    private static final String START = "{\"type\":\"start\"}";

    private static final int PAGE = 1_000;
    /** By how much the clock of one master may be behind that of the one before [ms]. */
    private static final long CLOCKS_APART_MS = 30_000;
    /** Live orders kept while catching up; the oldest of more are in the stream all the same. */
    private static final int WAITING_MAX = 10_000;

    private record Order(StreamId id, String json) {}

    private final RedisLinks redis;
    private final Keys keys;
    private final Consumer<Disconnect> apply;
    private final Runnable lost;
    private final LuaScript end = new LuaScript("control-start");
    /** What came live and is newer than what is not caught up with yet. */
    private final Queue<Order> waiting = new ArrayDeque<>();
    /** The last order that was applied; null until the first start has found the end of the stream. */
    private @Nullable StreamId last;
    /** Nothing before what comes live is missing but what is being read. */
    private boolean caughtUp;
    /** The last reading that was begun. */
    private Future<Void> reading = Future.succeededFuture();
    /** Those that are not over. */
    private int readings;

    /** Calls of {@link #catchUp}. */
    private int calls;

    private boolean complained;

    /** Makes a reader; {@code lost} is told before {@link #catchUp} ends when orders may be gone that were never read. */
    public ControlReader(RedisLinks redis, Keys keys, Consumer<Disconnect> apply, Runnable lost) {
        this.lost = lost;
        this.redis = redis;
        this.keys = keys;
        this.apply = apply;
    }

    /** Takes a message of the channel {@link Keys#control}. */
    public void message(Buffer message) {
        String text = message.toString();
        int space = text.indexOf(' ');
        StreamId id = space < 0 ? null : StreamId.parse(text.substring(0, space));
        if (id == null) {
            complain(text);
            return;
        }
        Order order = new Order(id, text.substring(space + 1));
        waiting.add(order);
        if (waiting.size() > WAITING_MAX) {
            waiting.remove();
        }
        takeWaiting();
    }

    /**
     * Applies what was missed. To be called each time that the channel was subscribed, and again if it fails; until then
     * live messages wait. The first call only finds the end of the stream: older orders meant other connections.
     */
    public Future<Void> catchUp() {
        caughtUp = false;
        int call = ++calls;
        return readOn().onSuccess(done -> {
            // A later call means that the channel was lost again, and more may be missing.
            if (call == calls) {
                caughtUp = true;
                takeWaiting();
            }
        });
    }

    /**
     * Applies what is in the stream by now, for somebody who must not be ahead of it. If it fails, live messages do not wait
     * for another call: the channel has missed nothing.
     */
    public Future<Void> readOn() {
        readings++;
        reading = reading.otherwiseEmpty().compose(before -> read()).onComplete(over -> {
            readings--;
            takeWaiting();
        });
        return reading;
    }

    private void takeWaiting() {
        while (caughtUp && readings == 0 && !waiting.isEmpty()) {
            take(waiting.remove());
        }
    }

    private Future<Void> read() {
        StreamId after = last;
        return after == null ? start() : page(after);
    }

    private Future<Void> start() {
        return end.run(redis, List.of(keys.control()), List.of()).map(newest -> {
            StreamId tail = StreamId.of(newest);
            // What came live is newer than the subscription, even if the stream has it by now.
            last = StreamId.ZERO;
            while (!waiting.isEmpty()) {
                take(waiting.remove());
            }
            if (tail.compareTo(last) > 0) {
                last = tail;
            }
            return null;
        });
    }

    /** Reads on from the last order, which is asked for as well: if it is gone, so may others be that came after it. */
    private Future<Void> page(StreamId from) {
        return entriesFrom(from.toString()).compose(entries -> {
            if (entries.size() == 0 || !idOf(entries.get(0)).equals(from)) {
                lost.run();
                return startAnew(from);
            }
            return takeAll(entries);
        });
    }

    /**
     * The stream is another one, or was cut: what there is of it is applied, but for what is certainly older than the last
     * order. A master that has lost that one may still have those before it, and whoever they meant may be back by now.
     */
    private Future<Void> startAnew(StreamId former) {
        String since = Long.toString(Math.max(0, former.time() - CLOCKS_APART_MS));
        return end.run(redis, List.of(keys.control()), List.of())
                .compose(newest -> entriesFrom(since).compose(entries -> {
                    if (entries.size() == 0) {
                        last = StreamId.of(newest);
                        return Future.succeededFuture();
                    }
                    last = StreamId.ZERO;
                    return takeAll(entries);
                }));
    }

    private Future<Response> entriesFrom(String id) {
        return redis.send(
                keys.control(),
                Request.cmd(Command.XRANGE)
                        .arg(keys.control())
                        .arg(id)
                        .arg("+")
                        .arg("COUNT")
                        .arg(PAGE));
    }

    /** Applies entries, of which there is at least one, and what follows them. */
    private Future<Void> takeAll(Response entries) {
        for (Response entry : entries) {
            take(new Order(idOf(entry), entry.get(1).get(1).toString()));
        }
        return entries.size() < PAGE ? Future.succeededFuture() : page(idOf(entries.get(PAGE - 1)));
    }

    private void take(Order order) {
        if (last != null && order.id().compareTo(last) <= 0) {
            return;
        }
        last = order.id();
        Disconnect disconnect = Disconnect.parse(order.json());
        if (disconnect == null && !order.json().equals(START)) {
            complain(order.json());
        } else if (disconnect != null) {
            apply.accept(disconnect);
        }
    }

    private void complain(String text) {
        if (!complained) {
            complained = true;
            LOG.log(
                    System.Logger.Level.WARNING,
                    "skipped an order that is not understood, and will skip others in silence: {0}",
                    text.substring(0, Math.min(text.length(), 200)));
        }
    }

    private static StreamId idOf(Response entry) {
        return StreamId.of(entry.get(0));
    }
}
