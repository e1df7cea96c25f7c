package fanfare.deploy.guides;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A shell in a folder, as the reader of a guide has it: one for all commands, and one more for each that keeps running. */
final class Terminal implements AutoCloseable {
    private static final int SECONDS_MAX = 90;
    private static final String DONE = "-- done --";

    private final Path folder;
    private final Process shell;
    private final BufferedReader said;
    private final List<Process> others = new ArrayList<>();

    Terminal(Path folder) {
        this.folder = folder;
        this.shell = start(Redirect.PIPE);
        this.said = shell.inputReader(StandardCharsets.UTF_8);
        // Ends the wait for a command that never ends.
        CompletableFuture.delayedExecutor(SECONDS_MAX, TimeUnit.SECONDS).execute(shell::destroyForcibly);
    }

    /** Runs commands to their end and gives what they print; the first that fails fails the test. */
    String run(Block block, String commands) {
        try {
            Path typed = Files.writeString(folder.resolve("typed.sh"), commands);
            Writer keyboard = shell.outputWriter();
            keyboard.write("source ./" + typed.getFileName() + " < /dev/null; printf '\\n%s\\n' '" + DONE + "'\n");
            keyboard.flush();
            StringBuilder printed = new StringBuilder();
            for (String line = said.readLine(); !DONE.equals(line); line = said.readLine()) {
                assertThat(line)
                        .as("%s fails after%n%s", block.where(), printed)
                        .isNotNull();
                printed.append(line).append('\n');
            }
            return printed.toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts a command that goes on until the end of the guide. */
    Process leaveRunning(String command) {
        Path log = folder.resolve("terminal-" + others.size() + ".log");
        Process other = start(Redirect.to(log.toFile()), "-c", command);
        others.add(other);
        return other;
    }

    @Override
    public void close() {
        others.add(shell);
        for (Process process : others) {
            List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
            all.add(process.toHandle());
            all.forEach(ProcessHandle::destroy);
            all.forEach(each ->
                    each.onExit().orTimeout(SECONDS_MAX, TimeUnit.SECONDS).join());
        }
    }

    private Process start(Redirect output, String... arguments) {
        List<String> command = new ArrayList<>(List.of("bash", "-euo", "pipefail"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output);
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(variable -> variable.startsWith("FANFARE"));
        environment.merge("PATH", System.getProperty("java.home") + "/bin", (path, java) -> java + ":" + path);
        // PHP's sessions end with the folder.
        environment.put("PHP_INI_SCAN_DIR", ":" + folder);
        try {
            Files.writeString(folder.resolve("sessions.ini"), "session.save_path = " + folder + "\n");
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
