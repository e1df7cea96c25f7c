package fanfare.deploy.bench;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Says one thing after the other to a Redis server, as redis-cli would. Blocks the caller. */
final class RedisAdmin implements AutoCloseable {
    private static final int ANSWER_MS_MAX = 60_000;

    private final Socket socket;
    private final InputStream answers;

    RedisAdmin(int port) throws IOException {
        this.socket = new Socket(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port);
        socket.setSoTimeout(ANSWER_MS_MAX);
        this.answers = new BufferedInputStream(socket.getInputStream());
    }

    /** The answer: a status, a number or a text. */
    String command(String... words) throws IOException {
        socket.getOutputStream().write(encode(Arrays.asList(words)));
        String line = line();
        if (line.startsWith("-")) {
            throw new IOException(words[0] + ": " + line.substring(1));
        }
        if (!line.startsWith("$")) {
            return line.substring(1);
        }
        byte[] text = answers.readNBytes(Integer.parseInt(line.substring(1)));
        line();
        return new String(text, StandardCharsets.UTF_8);
    }

    /** One number of INFO. */
    double info(String section, String field) throws IOException {
        return first(command("INFO", section), field + ":([0-9.]+)");
    }

    /** What Redis has spent until now, in its own code and in the kernel's [us]. */
    long cpuMicros() throws IOException {
        String cpu = command("INFO", "cpu");
        return Math.round(1e6 * (first(cpu, "used_cpu_user:([0-9.]+)") + first(cpu, "used_cpu_sys:([0-9.]+)")));
    }

    /** What Redis has spent inside of a command since its statistics were reset [us]; 0 if nobody called it. */
    long commandMicros(String command) throws IOException {
        return commandFigure(command, "usec");
    }

    /** How often a command was called since Redis' statistics were reset. */
    long commandCalls(String command) throws IOException {
        return commandFigure(command, "calls");
    }

    private long commandFigure(String command, String field) throws IOException {
        Matcher matcher = Pattern.compile("cmdstat_" + command + ":.*?\\b" + field + "=(\\d+)")
                .matcher(command("INFO", "commandstats"));
        return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }

    /** How many subscriptions there are in all, to channels of all servers and of a shard's. */
    long subscriptions() throws IOException {
        return Pattern.compile(" s?sub=(\\d+)")
                .matcher(command("CLIENT", "LIST", "TYPE", "pubsub"))
                .results()
                .mapToLong(match -> Long.parseLong(match.group(1)))
                .sum();
    }

    /** The next line of what Redis sends. */
    String line() throws IOException {
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

    static byte[] encode(List<String> words) {
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

    private static double first(String text, String pattern) throws IOException {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        if (!matcher.find()) {
            throw new IOException("Redis does not tell " + pattern);
        }
        return Double.parseDouble(matcher.group(1));
    }
}
