package fanfare.deploy.images;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The classes that a service has loaded when it serves, in the form that the JVM maps instead of reading them from the jar.
 * A JVM never writes one twice alike, so what was made of the same runtime and jar before is taken again.
 */
final class ClassArchive {
    private static final Duration REHEARSAL_MAX = Duration.ofSeconds(60);
    private static final long POLL_MS = 20;
    private static final int OK = 200;

    private ClassArchive() {}

    /**
     * The archive, newly made unless there is one. Blocks for some seconds.
     *
     * @param folder with the service's jar, whose time stamp must be that which it has in the image, since the archive names it;
     *     the archive is kept there
     */
    static Path of(Service service, LinkedRuntime runtime, Path folder) throws IOException, InterruptedException {
        String made = Digest.of(
                (runtime.digest() + Digest.of(folder.resolve(service.jar()))).getBytes(StandardCharsets.US_ASCII));
        Path archive = folder.resolve(made.substring(0, 16) + ".jsa");
        if (Files.exists(archive)) {
            return archive;
        }
        Path classes = rehearse(service, runtime, folder);
        Path fresh = folder.resolve("fresh.jsa");
        // The jar by its name alone, as in the image: an archive fits one class path only.
        Tool.ask(
                folder,
                List.of(
                        runtime.java().toString(),
                        "-Xshare:dump",
                        "-XX:SharedClassListFile=" + classes,
                        "-XX:SharedArchiveFile=" + fresh,
                        "-cp",
                        service.jar()));
        Files.move(fresh, archive, StandardCopyOption.ATOMIC_MOVE);
        return archive;
    }

    /** Starts the service without Redis, lets it answer, stops it, and gives the list of the classes that this took. */
    private static Path rehearse(Service service, LinkedRuntime runtime, Path folder)
            throws IOException, InterruptedException {
        Path classes = folder.resolve("classes.list");
        Path log = folder.resolve("rehearsal.log");
        int management = freePort();
        ProcessBuilder builder = new ProcessBuilder(
                        runtime.java().toString(),
                        "-Xshare:off",
                        "-XX:DumpLoadedClassList=" + classes,
                        "-jar",
                        service.jar())
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("FANFARE_"));
        builder.environment().putAll(service.rehearsal());
        builder.environment().put("FANFARE_LISTEN_HOST", "127.0.0.1");
        builder.environment().put("FANFARE_LISTEN_PORT", "0");
        builder.environment().put("FANFARE_MANAGEMENT_PORT", Integer.toString(management));
        builder.environment().put("FANFARE_REDIS_URL", "redis://127.0.0.1:9");
        Process process = builder.start();
        try {
            long deadline = System.nanoTime() + REHEARSAL_MAX.toNanos();
            while (!answers(management)) {
                if (!process.isAlive() || System.nanoTime() > deadline) {
                    throw new IOException(service.title() + " does not start; see " + log);
                }
                Thread.sleep(POLL_MS);
            }
            process.destroy();
            if (!process.waitFor(REHEARSAL_MAX.toSeconds(), TimeUnit.SECONDS)) {
                throw new IOException(service.title() + " does not stop; see " + log);
            }
        } finally {
            process.destroyForcibly();
        }
        return classes;
    }

    private static boolean answers(int managementPort) {
        try {
            HttpURLConnection request =
                    (HttpURLConnection) URI.create("http://127.0.0.1:" + managementPort + "/metrics")
                            .toURL()
                            .openConnection();
            request.setConnectTimeout((int) REHEARSAL_MAX.toMillis());
            request.setReadTimeout((int) REHEARSAL_MAX.toMillis());
            return request.getResponseCode() == OK;
        } catch (IOException e) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
