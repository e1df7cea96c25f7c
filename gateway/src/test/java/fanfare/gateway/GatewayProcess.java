package fanfare.gateway;

import fanfare.testing.Await;
import fanfare.testing.RawHttp;
import fanfare.testing.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A gateway as an operator runs it: the jar, in a process of its own. */
final class GatewayProcess implements AutoCloseable {
    private static final int SECONDS_MAX = 30;

    private final Process process;
    private final Path output;
    /** As everybody on the machine may read it. */
    private final String commandLine;

    private final int port;
    private final int managementPort;

    private GatewayProcess(Map<String, String> settings, int port, String... command) throws IOException {
        this.port = port;
        managementPort = RedisServer.freePort();
        output = Files.createTempFile("gateway", ".log");
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-jar",
                        Path.of("target", "gateway.jar").toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        Map<String, String> environment = new HashMap<>(settings);
        environment.put("FANFARE_LISTEN_PORT", Integer.toString(port));
        environment.put("FANFARE_MANAGEMENT_PORT", Integer.toString(managementPort));
        environment.put(
                "FANFARE_PARENT_PID", Long.toString(ProcessHandle.current().pid()));
        environment.put("FANFARE_NODE_NAME", "process");
        builder.command().addAll(List.of(command));
        builder.environment().putAll(environment);
        process = builder.start();
        commandLine = Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"));
    }

    /** Starts one and waits until browsers may be sent to it. */
    static GatewayProcess start(Map<String, String> settings) {
        GatewayProcess started = launch(settings, RedisServer.freePort());
        Await.until("the gateway is ready", started::isReady);
        return started;
    }

    /** Starts one that may well not want to. */
    static GatewayProcess launch(Map<String, String> settings, int port, String... command) {
        try {
            return new GatewayProcess(settings, port, command);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return port;
    }

    int managementPort() {
        return managementPort;
    }

    /** What it has printed so far. */
    String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String commandLine() {
        return commandLine;
    }

    /** Asks it to end, as an orchestrator does. */
    void terminate() {
        process.destroy();
    }

    /** Has it stand still, as a machine does that is suspended. */
    void pause() {
        signal("STOP");
    }

    void resume() {
        signal("CONT");
    }

    private void signal(String name) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends it without a chance to say anything. */
    void kill() {
        process.destroyForcibly();
        exitCode();
    }

    int exitCode() {
        try {
            if (process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
                return process.exitValue();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new AssertionError("the gateway does not end: " + output());
    }

    @Override
    public void close() {
        kill();
        try {
            Files.delete(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean isReady() {
        if (!process.isAlive()) {
            throw new AssertionError("the gateway did not start: " + output());
        }
        try {
            return RawHttp.get(managementPort, "/readyz").status() == 200;
        } catch (UncheckedIOException e) {
            return false; // It does not listen yet.
        }
    }
}
