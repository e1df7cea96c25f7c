package fanfare.deploy;

import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The cluster as {@code ./deploy/dev} starts it, real processes on ports of its own. */
public final class DevCluster implements AutoCloseable {
    private final int offset;
    private final Process launcher;
    private final HttpClient client = HttpClient.newHttpClient();

    private DevCluster(int offset, Process launcher) {
        this.offset = offset;
        this.launcher = launcher;
    }

    /** Starts a cluster of two gateways; returns when all of it is ready. */
    public static DevCluster start() throws IOException {
        int offset = freeOffset();
        Process launcher = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-jar",
                        Path.of("target/deploy.jar").toAbsolutePath().toString(),
                        "dev",
                        "--port-offset",
                        Integer.toString(offset))
                .redirectErrorStream(true)
                .start();
        StringBuilder printed = new StringBuilder();
        BufferedReader output = launcher.inputReader();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            printed.append(line).append('\n');
            if (line.contains("Ctrl-C stops")) {
                return new DevCluster(offset, launcher);
            }
        }
        throw new IOException("the cluster did not start:\n" + printed);
    }

    public int sitePort() {
        return 8000 + offset;
    }

    public int balancerPort() {
        return 8080 + offset;
    }

    public int gatewayPort(int number) {
        return 8080 + number + offset;
    }

    public int publisherPort() {
        return 8090 + offset;
    }

    /** Publishes as a site backend does; fails unless it is stored. */
    public JsonObject publish(JsonObject publication) throws IOException, InterruptedException {
        return post(publisherPort(), "/v1/publish", publication);
    }

    public JsonObject post(int port, String path, JsonObject body) throws IOException, InterruptedException {
        HttpResponse<String> answer = client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .header("Authorization", "Bearer dev.secret")
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException(answer.statusCode() + " " + answer.body());
        }
        return new JsonObject(answer.body());
    }

    public JsonObject get(int port, String path) throws IOException, InterruptedException {
        return new JsonObject(client.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .header("Authorization", "Bearer dev.secret")
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body());
    }

    /** Kills one gateway as a crash would; the launcher restarts nothing. */
    public void killGateway(int number) {
        String name = "FANFARE_NODE_NAME=gateway-" + number;
        List<ProcessHandle> gateways = launcher.descendants()
                .filter(process -> Stream.of(process.info().arguments().orElse(new String[0]))
                        .anyMatch(argument -> argument.endsWith("gateway.jar")))
                .filter(process -> environment(process).contains(name))
                .toList();
        if (gateways.size() != 1) {
            throw new IllegalStateException("no process has " + name);
        }
        gateways.get(0).destroyForcibly();
    }

    @Override
    public void close() {
        launcher.destroy();
        launcher.onExit().orTimeout(60, TimeUnit.SECONDS).join();
    }

    private static List<String> environment(ProcessHandle process) {
        try {
            return List.of(Files.readString(Path.of("/proc/" + process.pid() + "/environ"))
                    .split("\0", -1));
        } catch (IOException e) {
            return List.of();
        }
    }

    private static int freeOffset() {
        return IntStream.generate(() -> ThreadLocalRandom.current().nextInt(100, 20_000))
                .filter(offset -> IntStream.of(6390, 8000, 8080, 8081, 8082, 8090, 9000, 9080, 9081, 9082, 9090)
                        .allMatch(port -> isFree(port + offset)))
                .findFirst()
                .orElseThrow();
    }

    private static boolean isFree(int port) {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
