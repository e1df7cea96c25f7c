package fanfare.deploy.bench.sink;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The thread of all sinks of a process. */
final class SinkLoop implements Runnable {
    private static final System.Logger LOG = System.getLogger(SinkLoop.class.getName());
    private static final byte[] LOOPBACK = {127, 0, 0, 1};
    private static final int BUFFER_BYTES = 1 << 18;
    /**
     * For several of the largest messages. With a window smaller than a message, Linux counts whoever reads all the time
     * as one who takes nothing, and a gateway's {@code TCP_USER_TIMEOUT} ends the connection.
     */
    private static final int RECEIVE_BYTES = 1 << 16;

    private static final int TROUBLES_LOGGED = 20;
    private static final int FIRST_ROOM = 1 << 14;

    private final Selector selector;
    private final Queue<Runnable> orders = new ConcurrentLinkedQueue<>();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final byte[] scratch = new byte[BUFFER_BYTES];
    /** Who is there or on the way, the newest last. */
    private final Deque<Sink> sinks = new ArrayDeque<>();

    /** The coming that is under way; null if none is. */
    private @Nullable Coming coming;

    private long heard;
    private long reads;
    private long heartbeats;
    /** Connections that a server closed. */
    private int troubles;
    /** When messages came since this was asked last, on the clock of {@link System#nanoTime}. */
    private long[] arrivals = new long[FIRST_ROOM];

    private int arrived;

    /** So many sinks that come, of which some are welcome already. */
    private static final class Coming {
        final int port;
        final Framing framing;
        final int first;
        final int count;
        final CompletableFuture<JsonObject> done = new CompletableFuture<>();
        int started;
        int welcome;

        Coming(int port, Framing framing, int first, int count) {
            this.port = port;
            this.framing = framing;
            this.first = first;
            this.count = count;
        }
    }

    SinkLoop() throws IOException {
        selector = Selector.open();
    }

    /** From any thread: has the loop do something, and tells what came of it. */
    CompletableFuture<JsonObject> order(Supplier<CompletableFuture<JsonObject>> order) {
        CompletableFuture<JsonObject> outcome = new CompletableFuture<>();
        orders.add(() -> {
            var unused = order.get().whenComplete((json, failure) -> {
                if (failure == null) {
                    outcome.complete(json);
                } else {
                    outcome.completeExceptionally(failure);
                }
            });
        });
        selector.wakeup();
        return outcome;
    }

    @Override
    public void run() {
        try {
            while (true) {
                selector.select(this::ready);
                for (Runnable order = orders.poll(); order != null; order = orders.poll()) {
                    order.run();
                }
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.ERROR, "cannot go on", e);
            Runtime.getRuntime().halt(1);
        }
    }

    /** Connects users to a port, so many at once, and tells when all are welcome; one coming at a time. */
    CompletableFuture<JsonObject> come(int port, Framing framing, int first, int count, int atOnce) {
        if (coming != null) {
            return CompletableFuture.failedFuture(new IllegalStateException("others are still coming"));
        }
        Coming next = new Coming(port, framing, first, count);
        coming = next;
        for (int i = 0; i < Math.min(atOnce, count); i++) {
            startOne(next);
        }
        return next.done;
    }

    /** The newest leave at once, without a word. */
    CompletableFuture<JsonObject> leave(int count) {
        for (int i = 0; i < count && !sinks.isEmpty(); i++) {
            end(sinks.removeLast());
        }
        return counts();
    }

    /** The oldest read no more. */
    CompletableFuture<JsonObject> deafen(int count) {
        sinks.stream().limit(count).forEach(Sink::deafen);
        return counts();
    }

    CompletableFuture<JsonObject> counts() {
        return CompletableFuture.completedFuture(new JsonObject()
                .put("heard", heard)
                .put("reads", reads)
                .put("heartbeats", heartbeats)
                .put("open", sinks.size())
                .put("troubles", troubles));
    }

    /** When messages came since the last time, in milliseconds after a moment; zeros if none came. */
    CompletableFuture<JsonObject> arrivals(long sinceNanos) {
        Arrays.sort(arrivals, 0, arrived);
        JsonObject json = new JsonObject()
                .put("p50Ms", arrival(0.50, sinceNanos))
                .put("p99Ms", arrival(0.99, sinceNanos))
                .put("maxMs", arrival(1, sinceNanos));
        arrived = 0;
        return CompletableFuture.completedFuture(json);
    }

    void heard(int messages) {
        heard += messages;
        if (arrived < arrivals.length) {
            arrivals[arrived++] = System.nanoTime();
        }
    }

    void heartbeat() {
        heartbeats++;
    }

    void welcomed() {
        Coming current = coming;
        if (current == null) {
            return;
        }
        current.welcome++;
        if (current.welcome == current.count) {
            coming = null;
            current.done.complete(new JsonObject());
        } else if (current.started < current.count) {
            startOne(current);
        }
    }

    private double arrival(double share, long sinceNanos) {
        return arrived == 0 ? 0 : (arrivals[Math.min(arrived - 1, (int) (share * arrived))] - sinceNanos) / 1e6;
    }

    private void startOne(Coming current) {
        try {
            SocketChannel channel = SocketChannel.open();
            channel.configureBlocking(false);
            // It goes as a browser does whose network has gone, and leaves its port for the next one.
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            channel.setOption(StandardSocketOptions.SO_RCVBUF, RECEIVE_BYTES);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT);
            Sink sink = new Sink(this, current.first + current.started++, current.framing, current.port, channel, key);
            key.attach(sink);
            sinks.addLast(sink);
            channel.connect(new InetSocketAddress(InetAddress.getByAddress(LOOPBACK), current.port));
        } catch (IOException e) {
            coming = null;
            current.done.completeExceptionally(e);
        }
    }

    private void ready(SelectionKey key) {
        Sink sink = (Sink) key.attachment();
        try {
            reads++;
            sink.ready(buffer, scratch);
        } catch (IOException e) {
            troubles++;
            if (troubles <= TROUBLES_LOGGED) {
                LOG.log(System.Logger.Level.WARNING, "user {0}: {1}", sink.user(), e.getMessage());
            }
            sinks.remove(sink);
            end(sink);
            Coming current = coming;
            if (current != null && !sink.isWelcome()) {
                coming = null;
                current.done.completeExceptionally(e);
            }
        }
    }

    private static void end(Sink sink) {
        try {
            sink.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "a socket did not close", e);
        }
    }
}
