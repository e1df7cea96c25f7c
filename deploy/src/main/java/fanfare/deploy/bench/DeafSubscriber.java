package fanfare.deploy.bench;

import fanfare.deploy.dev.RedisClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/**
 * Subscribes to every user's channel, as a gateway that holds them all, and throws away what it hears: Redis has the cost
 * of telling it, and little else on the machine does. Its thread ends with the connection.
 */
final class DeafSubscriber implements AutoCloseable {
    private static final int SLICE = 500;
    private static final int POLL_MS = 10;

    private final Socket socket;

    DeafSubscriber(int port) throws IOException {
        this.socket = new Socket(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port);
        InputStream pushes = socket.getInputStream();
        Thread ear = new Thread(() -> drain(pushes), "deaf-subscriber");
        ear.setDaemon(true);
        ear.start();
    }

    /** Subscribes, and waits until Redis has done it. */
    void subscribe(List<String> channels, RedisMeter redis) throws IOException, InterruptedException {
        for (int from = 0; from < channels.size(); from += SLICE) {
            List<String> words = new ArrayList<>(List.of("SUBSCRIBE"));
            words.addAll(channels.subList(from, Math.min(channels.size(), from + SLICE)));
            socket.getOutputStream().write(RedisClient.encode(words));
        }
        while (redis.subscriptions() < channels.size()) {
            Thread.sleep(POLL_MS);
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private static void drain(InputStream pushes) {
        byte[] buffer = new byte[1 << 16];
        try {
            while (pushes.read(buffer) >= 0) {
                // Nobody is interested.
            }
        } catch (IOException e) {
            // Closed from this side.
        }
    }
}
