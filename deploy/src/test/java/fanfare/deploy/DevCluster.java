package fanfare.deploy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** A whole cluster of real processes, as {@code ./deploy/dev} starts it, on ports that nobody else uses. */
public final class DevCluster implements AutoCloseable {
    private static final int STOP_SECONDS_MAX = 60;
    /** Somebody may take a port that was free a moment ago. */
    private static final int ATTEMPTS = 5;
    /** So that all ports stay below those of other tests and those that Linux gives to connections (ip_local_port_range). */
    private static final int OFFSET_MIN = 4_000;

    private static final int OFFSET_END = 10_900;

    private final Process launcher;
    private final int offset;

    private DevCluster(Process launcher, int offset) {
        this.launcher = launcher;
        this.offset = offset;
    }

    public static DevCluster start(int gateways) {
        StringBuilder printed = new StringBuilder();
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int offset = ThreadLocalRandom.current().nextInt(OFFSET_MIN, OFFSET_END);
            DevCluster cluster = new DevCluster(launch(gateways, offset), offset);
            if (cluster.isUp(printed)) {
                return cluster;
            }
            cluster.close();
        }
        throw new IllegalStateException("no cluster: " + printed);
    }

    /** The demo page under a name of this machine. */
    public String page(String host) {
        return "http://" + host + ":" + port(8000) + "/";
    }

    /** Where that listens in this cluster which listens on {@code usual} without an offset. */
    public int port(int usual) {
        return usual + offset;
    }

    /** Where browsers reach the gateways. */
    public int balancerPort() {
        return 8080 + offset;
    }

    /** Kills a gateway at once, as a crash would. */
    public void killGateway(String name) {
        gateway(name).destroyForcibly();
    }

    /** Tells a gateway to stop, as an orchestrator does. */
    public void stopGateway(String name) {
        gateway(name).destroy();
    }

    private ProcessHandle gateway(String name) {
        String mark = "FANFARE_NODE_NAME=" + name + "\0";
        return launcher.descendants()
                .filter(child -> environment(child).contains(mark))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no process of " + name));
    }

    @Override
    public void close() {
        launcher.destroy();
        try {
            if (!launcher.waitFor(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
                launcher.destroyForcibly();
                throw new IllegalStateException("the launcher does not stop");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Process launch(int gateways, int offset) {
        try {
            return ShortLived.of(List.of(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-jar",
                            Path.of("target/deploy.jar").toAbsolutePath().toString(),
                            "dev",
                            "--gateways",
                            Integer.toString(gateways),
                            "--port-offset",
                            Integer.toString(offset)))
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads until the launcher says that all is up; false when it ends before. */
    private boolean isUp(StringBuilder printed) {
        try {
            BufferedReader reader = launcher.inputReader();
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                printed.append(line).append('\n');
                if (line.contains("Ctrl-C stops it all.")) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Gateways differ in their environment alone; the JDK does not show that of a grandchild, Linux does. */
    private static String environment(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(process.pid()), "environ"), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return ""; // It ended, or is not ours to read.
        }
    }
}
