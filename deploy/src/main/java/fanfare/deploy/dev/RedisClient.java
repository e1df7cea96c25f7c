package fanfare.deploy.dev;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Says one thing after the other to a Redis server of this machine, as redis-cli would. Blocks the caller. */
public final class RedisClient implements AutoCloseable {
    private final Socket socket;
    private final InputStream answers;

    /** @param answerMsMax how long it waits for what Redis sends next */
    public RedisClient(int port, int answerMsMax) throws IOException {
        this.socket = new Socket(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port);
        socket.setSoTimeout(answerMsMax);
        this.answers = new BufferedInputStream(socket.getInputStream());
    }

    /** The answer: a status, a number or a text; of a list its texts, a line each. */
    public String command(String... words) throws IOException {
        socket.getOutputStream().write(encode(Arrays.asList(words)));
        String line = line();
        return switch (line.charAt(0)) {
            case '-' -> throw new IOException(String.join(" ", words) + ": " + line);
            case '$' -> text(line);
            case '*' -> texts(Integer.parseInt(line.substring(1)));
            default -> line.substring(1);
        };
    }

    /** The next line of what Redis sends. */
    public String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = answers.read(); next != '\n'; next = answers.read()) {
            if (next < 0) {
                throw new IOException("Redis has gone");
            }
            if (next != '\r') {
                line.append((char) next);
            }
        }
        return line.toString();
    }

    /** A command as it is sent. */
    public static byte[] encode(List<String> words) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(("*" + words.size() + "\r\n").getBytes(StandardCharsets.US_ASCII));
        for (String word : words) {
            byte[] content = word.getBytes(StandardCharsets.UTF_8);
            bytes.writeBytes(("$" + content.length + "\r\n").getBytes(StandardCharsets.US_ASCII));
            bytes.writeBytes(content);
            bytes.writeBytes(new byte[] {'\r', '\n'});
        }
        return bytes.toByteArray();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private String texts(int count) throws IOException {
        StringBuilder texts = new StringBuilder();
        for (int i = 0; i < count; i++) {
            String head = line();
            if (!head.startsWith("$")) {
                throw new IOException("the answer is no list of texts: " + head);
            }
            texts.append(text(head)).append('\n');
        }
        return texts.toString();
    }

    /** What stands behind a line that tells its length. */
    private String text(String head) throws IOException {
        byte[] text = answers.readNBytes(Integer.parseInt(head.substring(1)));
        line();
        return new String(text, StandardCharsets.UTF_8);
    }
}
