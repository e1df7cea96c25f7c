package fanfare.deploy.images;

import fanfare.testing.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Podman with a store of its own. What runs in it is as confined as Kubernetes' restricted profile has it, and more. */
final class Podman implements AutoCloseable {
    private final String program = Program.path("podman");
    /** Unlike crun, it takes machines as they are, whatever their control groups. */
    private final String runtime = Program.path("runc");

    private final Path store;

    Podman(Path store) {
        this.store = store;
    }

    /** A container that runs. */
    final class Container {
        private final String id;

        private Container(String id) {
            this.id = id;
        }

        /** A line of the kernel's status of its process. */
        String status(String name) {
            return lines("status").stream()
                    .filter(line -> line.startsWith(name + ":"))
                    .findFirst()
                    .orElseThrow()
                    .substring(name.length() + 1)
                    .strip();
        }

        /** Paths of the files, as it sees them, that are in its memory. */
        Set<String> mapped() {
            return lines("maps").stream()
                    .filter(line -> line.contains(" /"))
                    .map(line -> line.substring(line.indexOf(" /") + 1))
                    .collect(Collectors.toSet());
        }

        /** Options of the mount that is its root. */
        String rootMount() {
            return lines("mountinfo").stream()
                    .map(line -> line.split(" ", -1))
                    .filter(mount -> mount[4].equals("/"))
                    .map(mount -> mount[5])
                    .findFirst()
                    .orElseThrow();
        }

        /** A file of what the kernel says of its process. */
        private List<String> lines(String name) {
            try {
                return Files.readAllLines(Path.of("/proc", inspected("{{.State.Pid}}"), name));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        String log() {
            return ask("logs", id);
        }

        /** Sends SIGTERM, waits, and gives the exit code. */
        int stop() {
            ask("kill", "--signal", "TERM", id);
            return Integer.parseInt(ask("wait", id).strip());
        }

        private String inspected(String field) {
            return ask("inspect", "--format", field, id).strip();
        }
    }

    /** Puts an archive into the store, and gives the name that it had there. */
    String load(Path archive) {
        String said = ask("load", "--input", archive.toString());
        return said.substring(said.lastIndexOf("Loaded image: ") + "Loaded image: ".length())
                .strip();
    }

    /** Runs an image with nothing that it could write to, no capability, no new privilege and so many bytes of memory. */
    Container run(String image, long bytes, Map<String, String> environment, List<Path> readable) {
        List<String> command = podman(
                "run",
                "--detach",
                "--network=host",
                "--memory=" + bytes,
                // Else it asks for more than a machine may have.
                "--ulimit=nofile=19999:19999",
                "--ulimit=nproc=9000:9000",
                "--read-only",
                "--read-only-tmpfs=false",
                "--cap-drop=all",
                "--security-opt=no-new-privileges");
        environment.forEach((name, value) -> command.add("--env=" + name + "=" + value));
        readable.forEach(file -> command.add("--volume=" + file + ":" + file + ":ro"));
        command.add(image);
        return new Container(ask(command).strip());
    }

    @Override
    public void close() {
        ask("rm", "--force", "--all", "--time=0");
        ask("rmi", "--force", "--all");
    }

    private List<String> podman(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                program,
                "--runtime=" + runtime,
                "--root=" + store.resolve("root"),
                "--runroot=" + store.resolve("run"),
                "--log-level=error"));
        command.addAll(List.of(arguments));
        return command;
    }

    private String ask(String... arguments) {
        return ask(podman(arguments));
    }

    private String ask(List<String> command) {
        try {
            Path complaints = Files.createTempFile("podman", null);
            Process process = new ProcessBuilder(command)
                    .redirectError(complaints.toFile())
                    .start();
            String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new AssertionError(command + ": " + answer + Files.readString(complaints));
            }
            Files.delete(complaints);
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
