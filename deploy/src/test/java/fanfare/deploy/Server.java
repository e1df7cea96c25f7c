package fanfare.deploy;

import fanfare.deploy.dev.Child;
import fanfare.deploy.dev.Readiness;
import fanfare.testing.RedisServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A process of the product on this machine's loopback, which ends with the test. */
public final class Server implements AutoCloseable {
    private static final int SECONDS_MAX = 30;
    private static final Readiness READINESS = new Readiness();

    /** Where a server listens. */
    public record Ports(int listen, int management) {
        public static Ports free() {
            return new Ports(RedisServer.freePort(), RedisServer.freePort());
        }
    }

    private final Child child;
    private final Ports ports;
    private final CompletableFuture<Integer> exitCode = new CompletableFuture<>();

    private Server(Child child, Ports ports) {
        this.child = child;
        this.ports = ports;
        child.onExit(exitCode::complete);
    }

    /**
     * Starts one; does not wait.
     *
     * @param name of its log, which lies in the folder
     * @param java what java is to run, its flags first
     * @param settings but for where it listens
     */
    public static Server start(String name, Path folder, Ports ports, List<String> java, Map<String, String> settings)
            throws IOException {
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        line.addAll(java);
        Map<String, String> all = new TreeMap<>(settings);
        all.put("FANFARE_LISTEN_HOST", "127.0.0.1");
        all.put("FANFARE_LISTEN_PORT", Integer.toString(ports.listen()));
        all.put("FANFARE_MANAGEMENT_PORT", Integer.toString(ports.management()));
        all.put("FANFARE_PARENT_PID", Long.toString(ProcessHandle.current().pid()));
        return new Server(Child.start(name, folder, line, all), ports);
    }

    /** Waits until it says that it is ready. */
    public void awaitReady() throws IOException, InterruptedException {
        READINESS.await(child, ports.management());
    }

    public int port() {
        return ports.listen();
    }

    public int managementPort() {
        return ports.management();
    }

    /** All that it has printed so far. */
    public String output() throws IOException {
        return Files.readString(child.log());
    }

    /** Asks it to end; does not wait. */
    public void stop() {
        child.stop();
    }

    public boolean isAlive() {
        return child.isAlive();
    }

    /** Waits for its end. */
    public int exitCode() throws Exception {
        return exitCode.get(SECONDS_MAX, TimeUnit.SECONDS);
    }

    /** Ends it without a chance to say anything. */
    @Override
    public void close() {
        try {
            child.kill();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
