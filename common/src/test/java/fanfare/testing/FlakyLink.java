package fanfare.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A TCP proxy on loopback that misbehaves on demand, one direction or both: it stalls (reads no more, so that the sender's
 * buffers fill), swallows (reads on and forwards nothing: a half-open link), cuts (resets all connections), refuses new ones.
 */
public final class FlakyLink implements AutoCloseable {
    /** From the client to the server behind the proxy, and back. */
    public enum Direction {
        UP,
        DOWN
    }

    private enum Mode {
        FORWARD,
        STALL,
        SWALLOW
    }

    private final int target;
    private final int port;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicLong swallowed = new AtomicLong();
    /** Connections, by the server's side, that have subscribed to something in Redis. */
    private final Set<Socket> subscribers = ConcurrentHashMap.newKeySet();
    /** Those of them that get nothing more. */
    private final Set<Socket> deaf = ConcurrentHashMap.newKeySet();
    /** Guarded by itself, which is also told of each change. */
    private final Map<Direction, Mode> modes = new EnumMap<>(Direction.class);
    /** Null while new connections are refused; guarded by this. */
    private @Nullable ServerSocket listener;
    /** Takes connections from {@link #listener}; guarded by this. */
    private @Nullable Thread server;

    private FlakyLink(int target) {
        this.target = target;
        this.port = RedisServer.freePort();
        set(Mode.FORWARD, Direction.values());
        accept();
    }

    /** A proxy on a free port before the server on port {@code target}. */
    public static FlakyLink to(int target) {
        return new FlakyLink(target);
    }

    public int port() {
        return port;
    }

    /** Stops reading and forwarding; what is on its way is delivered after {@link #resume}. No direction: both. */
    public void stall(Direction... directions) {
        set(Mode.STALL, directions);
    }

    /** Keeps the connections and drops every byte, their ends included, as a dead network does. */
    public void swallow(Direction... directions) {
        set(Mode.SWALLOW, directions);
    }

    /** Swallows what comes back on the connections that have subscribed to something in Redis by now, for good. */
    public void deafenSubscribers() {
        deaf.addAll(subscribers);
    }

    /** How many bytes were swallowed so far: what was sent a moment ago may still be on its way to that. */
    public long swallowed() {
        return swallowed.get();
    }

    /** Resets every connection; new ones are taken. */
    public void cut() {
        sockets.forEach(FlakyLink::reset);
    }

    /** Takes no new connection until {@link #resume}; those that are there stay. */
    public synchronized void refuse() {
        if (listener != null && server != null) {
            close(listener);
            // The kernel goes on listening for as long as the thread is in its call, and that may have taken one more.
            join(server);
            listener = null;
        }
    }

    /** Forwards again in both directions and takes new connections. */
    public synchronized void resume() {
        set(Mode.FORWARD, Direction.values());
        if (listener == null) {
            accept();
        }
    }

    @Override
    public void close() {
        refuse();
        cut();
        set(Mode.FORWARD, Direction.values());
    }

    private synchronized void accept() {
        try {
            ServerSocket opened = new ServerSocket();
            opened.setReuseAddress(true);
            opened.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            listener = opened;
            server = daemon(() -> serve(opened));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void serve(ServerSocket opened) {
        while (true) {
            try {
                Socket client = opened.accept();
                sockets.add(client);
                connect(client);
            } catch (IOException e) {
                return;
            }
        }
    }

    private void connect(Socket client) {
        try {
            Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
            sockets.add(server);
            daemon(() -> pump(client, server, Direction.UP));
            daemon(() -> pump(server, client, Direction.DOWN));
        } catch (IOException e) {
            reset(client);
        }
    }

    private void pump(Socket from, Socket to, Direction direction) {
        byte[] bytes = new byte[8_192];
        try {
            while (true) {
                afterStall(direction);
                int count = from.getInputStream().read(bytes);
                Mode mode = afterStall(direction);
                if (count > 0 && direction == Direction.UP && isSubscribe(bytes, count)) {
                    subscribers.add(to);
                }
                if (direction == Direction.DOWN && deaf.contains(from)) {
                    mode = Mode.SWALLOW;
                }
                if (mode == Mode.SWALLOW && count > 0) {
                    swallowed.addAndGet(count);
                }
                if (mode == Mode.FORWARD && count >= 0) {
                    to.getOutputStream().write(bytes, 0, count);
                } else if (mode == Mode.FORWARD) {
                    to.shutdownOutput();
                }
                if (count < 0) {
                    return;
                }
            }
        } catch (IOException e) {
            if (mode(direction) != Mode.SWALLOW) {
                reset(to);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            sockets.removeIf(Socket::isClosed);
            subscribers.removeIf(Socket::isClosed);
            deaf.removeIf(Socket::isClosed);
        }
    }

    private static boolean isSubscribe(byte[] bytes, int count) {
        return new String(bytes, 0, count, StandardCharsets.ISO_8859_1).contains("\r\nSUBSCRIBE\r\n");
    }

    private Mode afterStall(Direction direction) throws InterruptedException {
        synchronized (modes) {
            while (mode(direction) == Mode.STALL) {
                modes.wait();
            }
            return mode(direction);
        }
    }

    private Mode mode(Direction direction) {
        synchronized (modes) {
            return modes.getOrDefault(direction, Mode.FORWARD);
        }
    }

    private void set(Mode mode, Direction... directions) {
        synchronized (modes) {
            for (Direction direction : directions.length == 0 ? Direction.values() : directions) {
                modes.put(direction, mode);
            }
            modes.notifyAll();
        }
    }

    private static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            // The other thread of this connection was quicker.
        }
    }

    private static void close(ServerSocket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work, "flaky-link");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
