package fanfare.deploy.k8s;

import fanfare.testing.Await;
import fanfare.testing.RawHttp;
import fanfare.testing.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a pod's container would run, as a process of this machine: the jar, with the container's environment. Secrets lie in a
 * folder in place of the mounts, and every host that only a cluster knows is loopback.
 */
final class Server implements AutoCloseable {
    private static final int SECONDS_MAX = 30;
    private static final Pattern HOSTS = Pattern.compile("(redis|site)(?=:\\d)|[a-z]+\\.example\\.com");

    private final Process process;
    private final Path output;
    private final int port = RedisServer.freePort();
    private final int managementPort = RedisServer.freePort();

    private Server(String module, Map<String, String> environment, Path mounts, String... arguments)
            throws IOException {
        output = Files.createTempFile(mounts, module, ".log");
        ProcessBuilder builder = new ProcessBuilder(Stream.concat(
                                Stream.of(
                                        Path.of(System.getProperty("java.home"), "bin", "java")
                                                .toString(),
                                        "-jar",
                                        Path.of("..", module, "target", module + ".jar")
                                                .toString()),
                                Stream.of(arguments))
                        .toList())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        environment.forEach((name, value) -> builder.environment()
                .put(
                        name,
                        HOSTS.matcher(value.replace("/run/fanfare", mounts.toString()))
                                .replaceAll("127.0.0.1")));
        builder.environment()
                .putAll(Map.of(
                        "FANFARE_LISTEN_HOST",
                        "127.0.0.1",
                        "FANFARE_LISTEN_PORT",
                        Integer.toString(port),
                        "FANFARE_MANAGEMENT_PORT",
                        Integer.toString(managementPort),
                        "FANFARE_PARENT_PID",
                        Long.toString(ProcessHandle.current().pid())));
        if (module.equals("gateway")) {
            builder.environment().put("FANFARE_RELAY_HOST", "127.0.0.1");
            builder.environment().put("FANFARE_RELAY_PORT", Integer.toString(RedisServer.freePort()));
        }
        process = builder.start();
    }

    static Server start(String module, Map<String, String> environment, Path mounts) throws IOException {
        return new Server(module, environment, mounts);
    }

    /** Has it look at its settings and at what they name. */
    static Server check(String module, Map<String, String> environment, Path mounts) throws IOException {
        return new Server(module, environment, mounts, "check-config");
    }

    /** Waits until its pod would be ready. */
    void awaitReady() {
        Await.until("it is ready", this::isReady);
    }

    int port() {
        return port;
    }

    String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int exitCode() {
        try {
            if (process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
                return process.exitValue();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new AssertionError("it does not end: " + output());
    }

    /** Ends it without a chance to say anything. */
    @Override
    public void close() {
        process.destroyForcibly();
        exitCode();
    }

    private boolean isReady() {
        if (!process.isAlive()) {
            throw new AssertionError("it did not start: " + output());
        }
        try {
            return List.of("/livez", "/readyz").stream()
                    .allMatch(path -> RawHttp.get(managementPort, path).status() == 200);
        } catch (UncheckedIOException e) {
            return false; // It does not listen yet.
        }
    }
}
