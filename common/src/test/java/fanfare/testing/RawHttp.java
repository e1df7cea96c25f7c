package fanfare.testing;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A socket to an HTTP server on loopback: sends whatever bytes it is told to, and reads answers as they are on the wire. */
public final class RawHttp implements AutoCloseable {
    /** Generous, since it only ever passes in full when a test fails. */
    private static final Duration WAIT_MAX = Duration.ofSeconds(20);

    private final Socket socket;
    private final InputStream in;

    /** The head of an answer; the lines without the first, in their order. */
    public record Head(String statusLine, List<String> lines) {
        public int status() {
            return Integer.parseInt(statusLine.split(" ", 3)[1]);
        }

        /** The value of the first such header, or null. */
        public @Nullable String header(String name) {
            return lines.stream()
                    .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
                    .map(line -> line.substring(name.length() + 1).trim())
                    .findFirst()
                    .orElse(null);
        }
    }

    /** A whole answer; the body is without its transfer coding. */
    public record Answer(Head head, String body) {
        public int status() {
            return head.status();
        }

        public @Nullable String header(String name) {
            return head.header(name);
        }
    }

    private RawHttp(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) WAIT_MAX.toMillis());
    }

    public static RawHttp to(int port) {
        try {
            return new RawHttp(new Socket(InetAddress.getLoopbackAddress(), port));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Over a connection that is there already, with TLS for example; it is closed with this. */
    public static RawHttp over(Socket socket) {
        try {
            return new RawHttp(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** From another address of this machine, any in 127.0.0.0/8. */
    public static RawHttp from(String address, int port) {
        try {
            return new RawHttp(new Socket(InetAddress.getLoopbackAddress(), port, InetAddress.getByName(address), 0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One request on a connection of its own; headers are written {@code Name: value}. */
    public static Answer get(int port, String path, String... headers) {
        try (RawHttp http = to(port)) {
            return http.request("GET", path, "", headers).answer();
        }
    }

    public static Answer post(int port, String path, String body, String... headers) {
        try (RawHttp http = to(port)) {
            return http.request("POST", path, body, headers).answer();
        }
    }

    /** Sends a request; {@code Host} is added unless it is among the headers, {@code Content-Length} for a POST. */
    public RawHttp request(String method, String path, String body, String... headers) {
        StringBuilder head = new StringBuilder(method + " " + path + " HTTP/1.1\r\n");
        List<String> lines = List.of(headers);
        if (lines.stream().noneMatch(line -> line.regionMatches(true, 0, "Host:", 0, 5))) {
            head.append("Host: 127.0.0.1:").append(socket.getPort()).append("\r\n");
        }
        lines.forEach(line -> head.append(line).append("\r\n"));
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        if (!body.isEmpty() || method.equals("POST")) {
            head.append("Content-Length: ").append(bytes.length).append("\r\n");
        }
        return send(head + "\r\n" + body);
    }

    /** Sends this text as UTF-8 and nothing else. */
    public RawHttp send(String text) {
        return send(text.getBytes(StandardCharsets.UTF_8));
    }

    public RawHttp send(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Head head() {
        String status = line();
        List<String> lines = new ArrayList<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            lines.add(line);
        }
        return new Head(status, lines);
    }

    /** Reads a whole answer: by its length, its chunks, or the end of the connection. */
    public Answer answer() {
        Head head = head();
        if (head.status() == 204 || head.status() == 304 || head.status() < 200) {
            return new Answer(head, "");
        }
        String length = head.header("Content-Length");
        if (length != null) {
            return new Answer(head, bytes(Integer.parseInt(length)));
        }
        if ("chunked".equalsIgnoreCase(head.header("Transfer-Encoding"))) {
            StringBuilder body = new StringBuilder();
            for (String chunk = chunk(); !chunk.isEmpty(); chunk = chunk()) {
                body.append(chunk);
            }
            return new Answer(head, body.toString());
        }
        return new Answer(head, rest());
    }

    /** The next chunk of a chunked answer; empty at its end. */
    public String chunk() {
        int size = Integer.parseInt(line(), 16);
        String chunk = bytes(size);
        line();
        return chunk;
    }

    /** Reads up to a line feed, which is not part of the result, nor is a carriage return before it. */
    public String line() {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = next(); b != '\n'; b = next()) {
            if (b < 0) {
                throw new AssertionError("the connection ended within a line: " + line);
            }
            line.write(b);
        }
        String text = line.toString(StandardCharsets.UTF_8);
        return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
    }

    public String bytes(int count) {
        try {
            byte[] bytes = in.readNBytes(count);
            if (bytes.length < count) {
                throw new AssertionError("the connection ended after " + bytes.length + " of " + count + " bytes");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Everything up to the end of the connection, by a reset too. */
    public String rest() {
        ByteArrayOutputStream rest = new ByteArrayOutputStream();
        for (int b = next(); b >= 0; b = next()) {
            rest.write(b);
        }
        return rest.toString(StandardCharsets.UTF_8);
    }

    /** The next byte; -1 at the end of the connection, by a reset too. */
    public int next() {
        try {
            return in.read();
        } catch (SocketTimeoutException e) {
            throw new AssertionError("waited in vain for the server to say more", e);
        } catch (IOException e) {
            return -1;
        }
    }

    /** Whether the server has said something that is not read yet. */
    public boolean hasMore() {
        try {
            return in.available() > 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether the server ends the connection, having said nothing more, within this time. */
    public boolean endsWithin(Duration time) {
        try {
            socket.setSoTimeout((int) time.toMillis());
            int b = in.read();
            if (b >= 0) {
                throw new AssertionError("the server said more: " + (char) b);
            }
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        } finally {
            patience();
        }
    }

    /** Ends the connection with a reset, as a browser that aborts a request may. */
    public void reset() {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void patience() {
        try {
            if (!socket.isClosed()) {
                socket.setSoTimeout((int) WAIT_MAX.toMillis());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
