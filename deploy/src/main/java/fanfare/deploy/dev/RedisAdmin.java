package fanfare.deploy.dev;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Says one thing to a Redis server, as redis-cli would. Blocks the caller. */
public final class RedisAdmin {
    private static final int ANSWER_MS_MAX = 5_000;

    private final int port;

    public RedisAdmin(int port) {
        this.port = port;
    }

    public int port() {
        return port;
    }

    /** The answer: a status, a number or a text; of a list its texts, a line each. */
    public String command(String... words) throws IOException {
        StringBuilder request = new StringBuilder("*" + words.length + "\r\n");
        for (String word : words) {
            request.append('$')
                    .append(word.length())
                    .append("\r\n")
                    .append(word)
                    .append("\r\n");
        }
        try (Socket socket = new Socket(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port)) {
            socket.setSoTimeout(ANSWER_MS_MAX);
            socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.US_ASCII));
            BufferedReader answer =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            String line = answer.readLine();
            if (line == null || line.startsWith("-")) {
                throw new IOException(String.join(" ", words) + ": " + line);
            }
            return switch (line.charAt(0)) {
                case '$' -> text(answer, Integer.parseInt(line.substring(1)));
                case '*' -> texts(answer, Integer.parseInt(line.substring(1)));
                default -> line.substring(1);
            };
        }
    }

    private static String texts(BufferedReader answer, int count) throws IOException {
        StringBuilder texts = new StringBuilder();
        for (int i = 0; i < count; i++) {
            String head = answer.readLine();
            if (head == null || !head.startsWith("$")) {
                throw new IOException("the answer is no list of texts: " + head);
            }
            texts.append(text(answer, Integer.parseInt(head.substring(1)))).append('\n');
            answer.readLine();
        }
        return texts.toString();
    }

    private static String text(BufferedReader answer, int length) throws IOException {
        char[] characters = new char[length];
        int read = 0;
        while (read < length) {
            int count = answer.read(characters, read, length - read);
            if (count < 0) {
                throw new IOException("the answer ended early");
            }
            read += count;
        }
        return new String(characters);
    }
}
