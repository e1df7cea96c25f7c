package fanfare.channel;

import io.vertx.core.buffer.Buffer;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A publication with its place in its channel, as Redis keeps it and pub/sub carries it: one header line
 * {@code position prev serverMs expiresMs id namespace}, a line feed, and the payload, which nobody parses again. Where a
 * receipt was asked for, the line has a seventh word: for how many seconds it is kept.
 *
 * @param prev position of the item before it in the channel, null for the first
 * @param serverMs when Redis took it, on Redis' clock [ms]
 * @param expiresMs when it is no longer worth delivering, on Redis' clock [ms]
 * @param receiptSeconds for how long a receipt is kept, from {@code serverMs} on [s]; 0 if none was asked for
 * @param event the whole JSON text for the browser, position included
 */
public record Item(
        Position position,
        @Nullable Position prev,
        long serverMs,
        long expiresMs,
        String id,
        String namespace,
        int receiptSeconds,
        Buffer event) {
    private static final String NO_PREV = "-";
    private static final int WORDS = 6;

    /**
     * Reads an item.
     *
     * @throws IllegalArgumentException if the bytes are not an item
     */
    public static Item parse(Buffer bytes) {
        int end = lineFeed(bytes);
        String[] header = bytes.getString(0, end, "US-ASCII").split(" ", -1);
        if ((header.length != WORDS && header.length != WORDS + 1)
                || bytes.length() < end + 2
                || bytes.getByte(end + 1) != '{') {
            throw new IllegalArgumentException("not an item: " + bytes.getString(0, Math.min(end, 200)));
        }
        Position position = position(header[0]);
        byte[] place = ("{\"position\":\"" + header[0] + "\",").getBytes(StandardCharsets.US_ASCII);
        Buffer event = Buffer.buffer(place.length + bytes.length() - end - 2)
                .appendBytes(place)
                .appendBuffer(bytes, end + 2, bytes.length() - end - 2);
        return new Item(
                position,
                header[1].equals(NO_PREV) ? null : position(header[1]),
                Long.parseLong(header[2]),
                Long.parseLong(header[3]),
                decoded(header[4]),
                decoded(header[5]),
                header.length == WORDS ? 0 : Integer.parseInt(header[WORDS]),
                event);
    }

    /** The item as Redis keeps it. */
    public Buffer bytes() {
        int start = ("{\"position\":\"" + position + "\",").length();
        return Buffer.buffer(position + " " + (prev == null ? NO_PREV : prev) + " " + serverMs + " " + expiresMs + " "
                        + headerTail(id, namespace, receiptSeconds) + "\n{")
                .appendBuffer(event, start, event.length() - start);
    }

    /**
     * Reads nothing but the position.
     *
     * @throws IllegalArgumentException if the bytes are not an item
     */
    public static Position positionOf(Buffer bytes) {
        String line = bytes.getString(0, lineFeed(bytes), "US-ASCII");
        return position(line.substring(0, Math.max(0, line.indexOf(' '))));
    }

    /** The end of the header line, which the script completes: everything it does not make up itself. */
    public static String headerTail(String id, String namespace, int receiptSeconds) {
        // Only what would break the header is escaped in an id, so that nearly every id stands there as the site sent
        // it.
        return id.replace("%", "%25").replace(" ", "%20") + " " + encoded(namespace)
                + (receiptSeconds == 0 ? "" : " " + receiptSeconds);
    }

    /** Percent-encoded as by {@link URLEncoder}, which nearly every namespace needs for its slash alone. */
    private static String encoded(String namespace) {
        StringBuilder text = new StringBuilder(namespace.length() + 8);
        for (int i = 0; i < namespace.length(); i++) {
            char c = namespace.charAt(i);
            if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-') {
                text.append(c);
            } else if (c == '/') {
                text.append("%2F");
            } else {
                return URLEncoder.encode(namespace, StandardCharsets.UTF_8).replace("+", "%20");
            }
        }
        return text.toString();
    }

    private static String decoded(String text) {
        return text.indexOf('%') < 0 ? text : URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static Position position(String text) {
        Position position = Position.parse(text);
        if (position == null) {
            throw new IllegalArgumentException("not a position: " + text);
        }
        return position;
    }

    private static int lineFeed(Buffer bytes) {
        for (int i = 0; i < bytes.length(); i++) {
            if (bytes.getByte(i) == '\n') {
                return i;
            }
        }
        throw new IllegalArgumentException("not an item: no line feed in " + bytes.length() + " bytes");
    }
}
