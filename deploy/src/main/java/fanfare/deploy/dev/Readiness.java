package fanfare.deploy.dev;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Waits for processes to say that they are ready. Blocks the caller. */
public final class Readiness {
    /** Generous: six JVMs start at once, perhaps on two old cores. */
    private static final Duration WAIT_MAX = Duration.ofSeconds(90);

    private static final Duration ASK_MAX = Duration.ofSeconds(2);
    private static final int ASK_EVERY_MS = 50;

    private interface Question {
        boolean isYes() throws IOException, InterruptedException;
    }

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(ASK_MAX).build();

    /**
     * Waits until a Redis answers.
     *
     * @throws IOException naming the process that is not ready, with the tail of its log
     */
    public void awaitRedis(Child redis, int port) throws IOException, InterruptedException {
        await(redis, () -> {
            try (RedisClient client = new RedisClient(port, (int) ASK_MAX.toMillis())) {
                return client.command("PING").equals("PONG");
            }
        });
    }

    /**
     * Waits until a process says on its management port that it is ready.
     *
     * @throws IOException naming the process that is not ready, with the tail of its log
     */
    public void await(Child child, int managementPort) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + managementPort + "/readyz"))
                .timeout(ASK_MAX)
                .build();
        await(
                child,
                () -> http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200);
    }

    private static void await(Child child, Question question) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + WAIT_MAX.toNanos();
        while (!isYes(question)) {
            String trouble = !child.isAlive()
                    ? "ended"
                    : System.nanoTime() > deadline ? "is not ready after " + WAIT_MAX.toSeconds() + " s" : "";
            if (!trouble.isEmpty()) {
                throw new IOException(
                        "%s %s; the end of %s:%n%s".formatted(child.name(), trouble, child.log(), child.tail()));
            }
            Thread.sleep(ASK_EVERY_MS);
        }
    }

    private static boolean isYes(Question question) throws InterruptedException {
        try {
            return question.isYes();
        } catch (IOException e) {
            return false; // not listening yet
        }
    }
}
