package fanfare.broker;

import fanfare.channel.Channel;
import fanfare.channel.Position;
import fanfare.redis.Keys;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Some entries of an {@link Outbox} one behind the other, in one array: a busy publisher keeps a hundred thousand of them for
 * seconds each, and as a dozen objects each they would be most of what its garbage collector looks through. An entry is known
 * by where it begins. What users share who are told the same, its body, stands once for those that follow each other.
 * Confined to the outbox's event loop.
 */
final class OutboxChunk {
    /** Too few for a collector to treat the array otherwise than a small one, and enough for hundreds of entries. */
    private static final int BYTES = 256 << 10;
    /** The master of an entry that is forgotten. */
    private static final int NOBODY = -1;

    // Where the parts of an entry stand, from its beginning on; the channel comes last.
    private static final int LENGTH = 0;
    private static final int BODY = LENGTH + Integer.BYTES;
    private static final int MASTER = BODY + Integer.BYTES;
    private static final int SINCE = MASTER + Integer.BYTES;
    private static final int GENERATION = SINCE + Long.BYTES;
    private static final int SEQUENCE = GENERATION + Long.BYTES;
    private static final int SERVER_MS = SEQUENCE + Long.BYTES;
    private static final int EXPIRES_MS = SERVER_MS + Long.BYTES;
    private static final int CHANNEL = EXPIRES_MS + Long.BYTES;

    private final ByteBuffer bytes;
    private int begin;
    private int end;
    /** Of the body that was written last. */
    private Buffer payload = Buffer.buffer();
    /** Where it stands. */
    private int body;
    /** How many entries are owed; the outbox counts. */
    int owed;

    /** An empty one, with room for one entry at least. */
    OutboxChunk(Outbox.Entry first) {
        this.bytes = ByteBuffer.allocate(Math.max(BYTES, lengthMax(first)));
    }

    /** Whether it is as large as nearly all are. */
    boolean isUsual() {
        return bytes.capacity() == BYTES;
    }

    /** Drops what it holds. */
    void clear() {
        begin = 0;
        end = 0;
        payload = Buffer.buffer();
    }

    boolean hasRoomFor(Outbox.Entry entry) {
        return end + lengthMax(entry) <= bytes.capacity();
    }

    private static int lengthMax(Outbox.Entry entry) {
        Draft draft = entry.draft();
        return CHANNEL
                + Long.BYTES
                + 4 * Integer.BYTES
                + draft.channel().toString().length()
                + draft.id().length()
                + draft.headerTail().length()
                + draft.payload().length();
    }

    /**
     * Writes an entry behind the others.
     *
     * @param master the number of the master that accepted it
     * @param since reading of the ageing clock
     */
    void add(Outbox.Entry entry, int master, long since) {
        Draft draft = entry.draft();
        bytes.position(end + CHANNEL);
        put(draft.channel().toString());
        if (draft.payload() != payload) {
            payload = draft.payload();
            body = bytes.position();
            bytes.putLong(draft.ttlMs());
            put(draft.id());
            put(draft.headerTail());
            bytes.putInt(payload.length());
            payload.getBytes(bytes.array(), bytes.position());
            bytes.position(bytes.position() + payload.length());
        }
        int at = end;
        end = bytes.position();
        bytes.putInt(at + LENGTH, end - at)
                .putInt(at + BODY, body)
                .putLong(at + SERVER_MS, entry.serverMs())
                .putLong(at + EXPIRES_MS, entry.expiresMs());
        accepted(at, entry.position(), master, since);
    }

    /** Where the first entry begins; that of the one behind it is {@link #next}, until there is none at the {@link #end}. */
    int begin() {
        return begin;
    }

    int end() {
        return end;
    }

    int next(int at) {
        return at + length(at);
    }

    /** What an entry takes [bytes]; that of users who are told the same, the first of them. */
    int length(int at) {
        return bytes.getInt(at + LENGTH);
    }

    /** Drops the first entry. */
    void removeFirst() {
        begin = next(begin);
    }

    /** A master has an entry, for the first time or again. */
    void accepted(int at, Position position, int master, long since) {
        bytes.putInt(at + MASTER, master)
                .putLong(at + SINCE, since)
                .putLong(at + GENERATION, position.generation())
                .putLong(at + SEQUENCE, position.sequence());
    }

    void forget(int at) {
        bytes.putInt(at + MASTER, NOBODY);
    }

    boolean isForgotten(int at) {
        return master(at) == NOBODY;
    }

    int master(int at) {
        return bytes.getInt(at + MASTER);
    }

    long since(int at) {
        return bytes.getLong(at + SINCE);
    }

    String tag(int at) {
        return Keys.tag(channel(at));
    }

    boolean isAt(int at, Position position) {
        return bytes.getLong(at + SEQUENCE) == position.sequence()
                && bytes.getLong(at + GENERATION) == position.generation();
    }

    /** @param replid identity of its master */
    Outbox.Entry entry(int at, String replid) {
        Channel channel = channel(at);
        bytes.position(bytes.getInt(at + BODY));
        long ttlMs = bytes.getLong();
        String id = text();
        String headerTail = text();
        byte[] event = new byte[bytes.getInt()];
        bytes.get(event);
        return new Outbox.Entry(
                new Draft(channel, Keys.tag(channel), id, headerTail, Buffer.buffer(event), ttlMs),
                new Position(bytes.getLong(at + GENERATION), bytes.getLong(at + SEQUENCE)),
                bytes.getLong(at + SERVER_MS),
                bytes.getLong(at + EXPIRES_MS),
                replid);
    }

    private Channel channel(int at) {
        bytes.position(at + CHANNEL);
        return Channel.parse(text());
    }

    private void put(String text) {
        bytes.putInt(text.length()).put(text.getBytes(StandardCharsets.US_ASCII));
    }

    private String text() {
        byte[] text = new byte[bytes.getInt()];
        bytes.get(text);
        return new String(text, StandardCharsets.US_ASCII);
    }
}
