package fanfare.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** HAProxy or nginx as this machine has it, in a process of its own, with a configuration that a test makes up. */
public final class BalancerProcess implements AutoCloseable {
    private static final int SECONDS_MAX = 30;

    private final Process process;
    private final Path output;

    private BalancerProcess(List<String> command, Path output) {
        this.output = output;
        try {
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Starts HAProxy and waits until it listens.
     *
     * @param port where it takes browsers, for as long as they wish
     * @param statisticsPort where it tells of its backend {@code gateways}
     * @param backend the lines of that
     */
    public static BalancerProcess haproxy(Path folder, int port, int statisticsPort, String backend) {
        String configuration =
                """
                defaults
                  mode http
                  option abortonclose
                  timeout connect 5s
                  timeout client 60s
                  timeout server 60s
                  timeout tunnel 1h
                frontend statistics
                  bind 127.0.0.1:%d
                  stats enable
                  stats uri /
                frontend browsers
                  bind 127.0.0.1:%d
                  default_backend gateways
                backend gateways
                %s
                """;
        return haproxy(folder, port, configuration.formatted(statisticsPort, port, backend));
    }

    /** The same with a configuration of its own, which must have it listen on {@code port}. */
    public static BalancerProcess haproxy(Path folder, int port, String configuration) {
        Path file = written(folder.resolve("haproxy.cfg"), configuration);
        return new BalancerProcess(
                        List.of(Program.path("haproxy"), "-db", "-f", file.toString()), folder.resolve("output"))
                .listening(port);
    }

    /** Starts nginx and waits until it listens on {@code port}, as the configuration of its {@code http} has to have it. */
    public static BalancerProcess nginx(Path folder, int port, String configuration) {
        StringBuilder whole = new StringBuilder("daemon off;\nmaster_process off;\nerror_log stderr;\n")
                .append("pid ")
                .append(folder.resolve("pid"))
                .append(";\nevents {}\nhttp {\naccess_log off;\n");
        // Else it wants folders that only its own user may write to.
        for (String kind : List.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) {
            whole.append(kind)
                    .append("_temp_path ")
                    .append(folder.resolve(kind))
                    .append(";\n");
        }
        Path file = written(folder.resolve("nginx.conf"), whole + configuration + "}\n");
        return new BalancerProcess(
                        List.of(Program.path("nginx"), "-e", "stderr", "-p", folder.toString(), "-c", file.toString()),
                        folder.resolve("output"))
                .listening(port);
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
                throw new AssertionError("the balancer does not die");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private BalancerProcess listening(int port) {
        try {
            Await.until("the balancer listens", () -> listens(port));
            return this;
        } catch (AssertionError e) {
            close();
            throw e;
        }
    }

    private boolean listens(int port) {
        if (!process.isAlive()) {
            throw new AssertionError("the balancer did not start: " + output());
        }
        try {
            RawHttp.to(port).close();
            return true;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    private String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path written(Path file, String text) {
        try {
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
