package fanfare.channel;

import io.vertx.core.buffer.Buffer;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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
    private static final char NO_PREV = '-';
    /** More would not fit into a long. */
    private static final int DIGITS_MAX = 18;
    /** How much of what is no item goes into the error [bytes]. */
    private static final int SHOWN_MAX = 200;

    private static final byte[] BEFORE_POSITION = "{\"position\":\"".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] AFTER_POSITION = "\",".getBytes(StandardCharsets.US_ASCII);

    /**
     * Reads an item.
     *
     * @throws IllegalArgumentException if the bytes are not an item
     */
    public static Item parse(Buffer bytes) {
        return new Header(bytes.getBytes()).item();
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
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
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

    /** Reads a header word by word. Every message to everybody passes here, so no text is made that is not kept. */
    private static final class Header {
        private final byte[] bytes;
        /** Where the word begins that is read next, and where the last one ended. */
        private int next;

        private int end = -1;

        Header(byte[] bytes) {
            this.bytes = bytes;
        }

        Item item() {
            Position position = position();
            int positionEnd = end;
            Position prev = isNextWord(NO_PREV) ? skipped() : position();
            long serverMs = number(' ');
            long expiresMs = number(' ');
            String id = text(' ');
            String namespace = text(' ', '\n');
            int receiptSeconds = bytes[end] == '\n' ? 0 : (int) number('\n');
            if (next >= bytes.length || bytes[next] != '{') {
                throw broken();
            }
            return new Item(position, prev, serverMs, expiresMs, id, namespace, receiptSeconds, event(positionEnd));
        }

        /** The payload with the position before its first field. */
        private Buffer event(int positionEnd) {
            int payload = next + 1;
            int place = BEFORE_POSITION.length + positionEnd + AFTER_POSITION.length;
            byte[] event = Arrays.copyOf(BEFORE_POSITION, place + bytes.length - payload);
            System.arraycopy(bytes, 0, event, BEFORE_POSITION.length, positionEnd);
            System.arraycopy(AFTER_POSITION, 0, event, BEFORE_POSITION.length + positionEnd, AFTER_POSITION.length);
            System.arraycopy(bytes, payload, event, place, bytes.length - payload);
            return Buffer.buffer(event);
        }

        private Position position() {
            return new Position(number('-'), number(' '));
        }

        private boolean isNextWord(char word) {
            return next + 1 < bytes.length && bytes[next] == word && bytes[next + 1] == ' ';
        }

        private @Nullable Position skipped() {
            next += 2;
            return null;
        }

        private long number(char after) {
            long number = 0;
            int digits = 0;
            for (; next < bytes.length && bytes[next] >= '0' && bytes[next] <= '9'; next++, digits++) {
                number = 10 * number + bytes[next] - '0';
            }
            if (digits == 0 || digits > DIGITS_MAX || next >= bytes.length || bytes[next] != after) {
                throw broken();
            }
            end = next++;
            return number;
        }

        private String text(char after) {
            return text(after, after);
        }

        private String text(char after, char orAfter) {
            int begin = next;
            boolean escaped = false;
            for (; next < bytes.length && bytes[next] != after && bytes[next] != orAfter; next++) {
                if (bytes[next] == '\n') {
                    throw broken();
                }
                escaped = escaped || bytes[next] == '%';
            }
            if (next >= bytes.length) {
                throw broken();
            }
            end = next++;
            String text = new String(bytes, begin, end - begin, StandardCharsets.US_ASCII);
            return escaped ? decoded(text) : text;
        }

        private IllegalArgumentException broken() {
            int shown = Math.min(bytes.length, SHOWN_MAX);
            return new IllegalArgumentException(
                    "not an item: " + new String(bytes, 0, shown, StandardCharsets.US_ASCII));
        }
    }
}
