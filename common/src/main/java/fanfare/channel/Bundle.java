package fanfare.channel;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a publisher hands one gateway of a publication to many users: the publication once, and its place in the channel of
 * each user whom the gateway holds. Three parts with a line feed between them:
 *
 * <pre>
 * TTL ID NAMESPACE [RECEIPT]                     as in an item's header; the publication's life [ms]
 * (GENERATION TIME COUNT (USER SEQUENCE PREV)...)...
 * {"type":"event",...                            the payload, without its time and closing brace
 * </pre>
 *
 * Users of one generation and one time on Redis' clock [ms] stand together. All three numbers are told as what is added to
 * those of the one before; {@code PREV} is by how much the sequence of the item before it is lower, {@code -} if there is none,
 * or a whole position of another generation.
 */
public final class Bundle {
    /** A gateway does nothing else while it reads one. */
    private static final int USERS_MAX = 1_000;
    /** Beside the payload. */
    private static final int PLACES_LENGTH_MAX = 64 << 10;
    /** Of all events that a gateway makes of one before it can look whether its browsers keep up. */
    private static final int EVENTS_BYTES_MAX = 1 << 20;

    private static final String NO_PREV = "-";

    private final Buffer payload;
    private final String head;
    private final StringBuilder places = new StringBuilder();
    /** Users of the group that is being written, which its count comes before. */
    private final StringBuilder group = new StringBuilder();

    private int count;
    private int size;
    private long generation;
    private long serverMs;
    private long sequence;
    /** Of the group that is being written. */
    private long groupGeneration;

    private long groupMs;

    /**
     * Begins an empty one.
     *
     * @param headerTail see {@link Item#headerTail}
     * @param payload the event without its time and closing brace
     */
    public Bundle(String headerTail, Buffer payload, long ttlMs) {
        this.head = ttlMs + " " + headerTail;
        this.payload = payload;
    }

    /** Adds the place that Redis gave the publication in a user's channel at some time of its clock [ms]. */
    public void add(String user, Position position, @Nullable Position prev, long takenMs) {
        if (count > 0 && (position.generation() != groupGeneration || takenMs != groupMs)) {
            endGroup();
        }
        groupGeneration = position.generation();
        groupMs = takenMs;
        count++;
        size++;
        group.append(' ').append(user).append(' ').append(position.sequence() - sequence);
        sequence = position.sequence();
        group.append(' ');
        if (prev == null) {
            group.append(NO_PREV);
        } else if (prev.generation() == position.generation()) {
            group.append(position.sequence() - prev.sequence());
        } else {
            group.append(prev);
        }
    }

    /** Whether it is as much as a gateway should read at once; there may have to be another one for further users. */
    public boolean isFull() {
        return size >= USERS_MAX
                || places.length() + group.length() >= PLACES_LENGTH_MAX
                || (long) size * payload.length() >= EVENTS_BYTES_MAX;
    }

    /** The whole of it. */
    public Buffer bytes() {
        endGroup();
        return Buffer.buffer(head.length() + places.length() + payload.length() + 2)
                .appendString(head)
                .appendString("\n")
                .appendString(places.toString())
                .appendString("\n")
                .appendBuffer(payload);
    }

    private void endGroup() {
        places.append(places.isEmpty() ? "" : " ")
                .append(groupGeneration - generation)
                .append(' ')
                .append(groupMs - serverMs)
                .append(' ')
                .append(count)
                .append(group);
        generation = groupGeneration;
        serverMs = groupMs;
        group.setLength(0);
        count = 0;
    }

    /**
     * Reads a bundle and gives each user's item, as the user's own channel would have carried it.
     *
     * @throws IllegalArgumentException if the bytes are no bundle; some users may have been given by then
     */
    public static void read(Buffer bytes, BiConsumer<String, Item> items) {
        int headEnd = lineFeed(bytes, 0);
        int placesEnd = lineFeed(bytes, headEnd + 1);
        int payload = placesEnd + 2;
        if (bytes.length() < payload || bytes.getByte(payload - 1) != '{') {
            throw new IllegalArgumentException("not a bundle: no payload in " + bytes.length() + " bytes");
        }
        // What all of the items share, as an item of its own.
        Item shared = Item.parse(
                Buffer.buffer("0-0 - 0 ").appendBuffer(bytes, 0, headEnd).appendString("\n{"));
        Words words = new Words(bytes.getString(headEnd + 1, placesEnd, "US-ASCII"));
        long generation = 0;
        long serverMs = 0;
        long sequence = 0;
        while (words.hasNext()) {
            generation += words.number();
            serverMs += words.number();
            byte[] end = (",\"time\":" + serverMs + "}").getBytes(StandardCharsets.US_ASCII);
            for (long left = words.number(); left > 0; left--) {
                String user = words.next();
                sequence += words.number();
                Position position = new Position(generation, sequence);
                byte[] place = ("{\"position\":\"" + position + "\",").getBytes(StandardCharsets.US_ASCII);
                int length = bytes.length() - payload;
                Buffer event = Buffer.buffer(place.length + length + end.length)
                        .appendBytes(place)
                        .appendBuffer(bytes, payload, length)
                        .appendBytes(end);
                items.accept(
                        user,
                        new Item(
                                position,
                                prev(words.next(), position),
                                serverMs,
                                serverMs + shared.expiresMs(),
                                shared.id(),
                                shared.namespace(),
                                shared.receiptSeconds(),
                                event));
            }
        }
    }

    private static @Nullable Position prev(String text, Position position) {
        if (text.equals(NO_PREV)) {
            return null;
        }
        if (text.indexOf('-') <= 0) {
            return new Position(position.generation(), position.sequence() - Long.parseLong(text));
        }
        Position other = Position.parse(text);
        if (other == null) {
            throw new IllegalArgumentException("not a position: " + text);
        }
        return other;
    }

    /** Where the first line feed at or behind a place stands. */
    private static int lineFeed(Buffer bytes, int from) {
        for (int i = from; i < bytes.length(); i++) {
            if (bytes.getByte(i) == '\n') {
                return i;
            }
        }
        throw new IllegalArgumentException("not a bundle: no line feed in " + bytes.length() + " bytes");
    }

    /** The words of a line, each in its turn. */
    private static final class Words {
        private final String line;
        private int next;

        Words(String line) {
            this.line = line;
        }

        boolean hasNext() {
            return next < line.length();
        }

        String next() {
            int end = line.indexOf(' ', next);
            String word = line.substring(Math.min(next, line.length()), end < 0 ? line.length() : end);
            next = end < 0 ? line.length() : end + 1;
            return word;
        }

        long number() {
            return Long.parseLong(next());
        }
    }
}
