package fanfare.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real redis-server on a free loopback port, without persistence; {@link #shared} is one for the whole test run. */
public final class RedisServer implements AutoCloseable {
    private static final Duration START_MAX = Duration.ofSeconds(20);
    /** Below those that Linux gives to connections (ip_local_port_range). */
    private static final int PORT_MIN = 20_000;

    private static final int PORT_END = 32_768;
    /** Ports that were chosen already, bound by now or not. */
    private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();

    private final int port;
    private final List<String> command;
    private Process process;

    private RedisServer(int port, List<String> command) {
        this.port = port;
        this.command = command;
        this.process = launch();
    }

    /** A server of one's own, to be killed at will. */
    public static RedisServer start(String... options) {
        int port = freePort();
        List<String> command = new ArrayList<>(List.of(binary(), "--port", Integer.toString(port)));
        command.addAll(List.of("--bind", "127.0.0.1", "--save", "", "--appendonly", "no"));
        // Otherwise replicas pass their data through a file in the working directory.
        command.addAll(List.of("--repl-diskless-sync", "yes", "--repl-diskless-load", "swapdb"));
        command.addAll(List.of("--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"));
        command.addAll(List.of(options));
        return new RedisServer(port, command);
    }

    /** A sentinel, which keeps its state beside the configuration in {@code folder}. */
    public static RedisServer sentinel(int port, Path folder, String configuration) {
        Path file = folder.resolve("sentinel-" + port + ".conf");
        try {
            Files.writeString(file, "port " + port + "\nbind 127.0.0.1\n" + configuration);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new RedisServer(port, List.of(binary(), file.toString(), "--sentinel"));
    }

    /** The server that tests share, each under its own key prefix. */
    public static RedisServer shared() {
        return Shared.SERVER;
    }

    public String url() {
        return "redis://127.0.0.1:" + port;
    }

    public int port() {
        return port;
    }

    /** Kills the server at once, as a crash would. */
    public void kill() {
        process.destroyForcibly();
        join();
    }

    /** Freezes it with all its connections, as a stalled machine does, until {@link #resume}. */
    public void pause() {
        signal("STOP");
    }

    public void resume() {
        signal("CONT");
    }

    /** Starts it again on the same port, empty. */
    public void restart() {
        kill();
        process = launch();
    }

    @Override
    public void close() {
        kill();
    }

    /**
     * A port that nothing listens on just now, and that no other test here was given. Nor will the kernel give it to
     * anybody's connection before its owner has bound it, as it may a port that it chose itself.
     */
    public static int freePort() {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(PORT_MIN, PORT_END);
            try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                if (GIVEN.add(free.getLocalPort())) {
                    return port;
                }
            } catch (IOException taken) {
                // The next one, then.
            }
        }
    }

    private static String binary() {
        return Stream.of(System.getenv("PATH").split(":"))
                .flatMap(folder -> Stream.of("redis-server", "valkey-server").map(name -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no redis-server on the PATH; ./deploy/test installs it"))
                .toString();
    }

    private Process launch() {
        try {
            Process started = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            long deadline = System.nanoTime() + START_MAX.toNanos();
            while (!accepts()) {
                if (!started.isAlive() || System.nanoTime() > deadline) {
                    started.destroyForcibly();
                    throw new IllegalStateException("redis-server did not start: " + command);
                }
                Thread.onSpinWait();
            }
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean accepts() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            // One that asks for a password first is up as well.
            String answer = new String(socket.getInputStream().readNBytes(5), StandardCharsets.US_ASCII);
            return answer.equals("+PONG") || answer.equals("-NOAU");
        } catch (IOException e) {
            return false;
        }
    }

    private void signal(String name) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .inheritIO()
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void join() {
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                throw new IllegalStateException("redis-server does not die");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static final class Shared {
        static final RedisServer SERVER = start();

        static {
            Runtime.getRuntime().addShutdownHook(new Thread(SERVER::close));
        }
    }
}
