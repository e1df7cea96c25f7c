package fanfare.deploy.dev;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** One process of the cluster and its log file. Safe to stop from another thread than the one that started it. */
public final class Child {
    /** Starts a child of this name that somebody will stop. */
    public interface Starter {
        Child start(String name, List<String> command) throws IOException;
    }

    private static final Duration KILL_AFTER = Duration.ofSeconds(15);
    private static final int TAIL_LINES = 20;

    /**
     * Ctrl-C reaches every process of the terminal's group at once, and a closed terminal likewise; but it is the
     * launcher who stops them, in order. A JVM leaves a signal ignored that it found ignored.
     */
    private static final List<String> DEAF_TO_TERMINAL = List.of("sh", "-c", "trap '' INT HUP; exec \"$@\"", "sh");

    /**
     * Redis cannot watch its parent, so a shell does: it ends Redis when the pipe from the launcher closes, however the
     * launcher ended. Redis listens to Ctrl-C whatever it was told, hence a session of its own where there is setsid. What is
     * sent to the whole group must not end the shell alone, or nobody would end Redis.
     */
    private static final List<String> TIED_TO_PIPE = List.of(
            "sh",
            "-c",
            """
            trap '' INT HUP TERM
            exec 3<&0
            $(command -v setsid) "$@" 3<&- &
            pid=$!
            (read -r line <&3; kill $pid) 2>/dev/null &
            exec 3<&-
            wait $pid
            """,
            "sh");

    private final String name;
    private final Path log;
    private final Process process;
    private final boolean tied;

    private Child(String name, Path log, Process process, boolean tied) {
        this.name = name;
        this.log = log;
        this.process = process;
        this.tied = tied;
    }

    /** Starts a process that watches {@code FANFARE_PARENT_PID} itself. */
    public static Child start(String name, Path logs, List<String> command, Map<String, String> settings)
            throws IOException {
        return start(name, logs, DEAF_TO_TERMINAL, command, settings);
    }

    /** Starts a process that knows nothing of us. */
    public static Child startTied(String name, Path logs, List<String> command) throws IOException {
        return start(name, logs, TIED_TO_PIPE, command, Map.of());
    }

    private static Child start(
            String name, Path logs, List<String> wrapper, List<String> command, Map<String, String> settings)
            throws IOException {
        List<String> line = new ArrayList<>(wrapper);
        line.addAll(command);
        Path log = logs.resolve(name + ".log");
        ProcessBuilder builder =
                new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().keySet().removeIf(variable -> variable.startsWith("FANFARE"));
        builder.environment().putAll(settings);
        return new Child(name, log, builder.start(), wrapper.equals(TIED_TO_PIPE));
    }

    public String name() {
        return name;
    }

    public Path log() {
        return log;
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public long pid() {
        return process.pid();
    }

    /** Calls back with the exit code, from a thread of the JDK. */
    public void onExit(Consumer<Integer> callback) {
        var unused = process.onExit().thenAccept(ended -> callback.accept(ended.exitValue()));
    }

    /** Asks the process to end; does not wait. */
    public void stop() {
        if (!tied) {
            process.destroy();
            return;
        }
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            // The shell has gone, and Redis with it.
            process.destroy();
        }
    }

    /** Ends the process and what it started at once, as a crash would, and waits for that. */
    public void kill() throws InterruptedException {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
    }

    /** Waits for the end, and brings it about by force when it takes too long. */
    public void awaitEnd() throws InterruptedException {
        if (!process.waitFor(KILL_AFTER.toSeconds(), TimeUnit.SECONDS)) {
            kill();
        }
    }

    /** The last lines of the log. */
    String tail() {
        try {
            List<String> lines =
                    Files.readString(log, StandardCharsets.UTF_8).lines().toList();
            return String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
        } catch (IOException e) {
            return "(no log: " + e.getMessage() + ")";
        }
    }
}
