package fanfare.gateway.protocol;

import fanfare.broker.Reading.Point;
import fanfare.channel.Position;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Where a browser was, for it to go on from there on any gateway. It is no secret and grants nothing: it only says from
 * where to read the channels that the site grants now. Channels stand in it as five bytes of a hash and numbers in as few
 * bytes as they need, so that a user with as many topics as there may be fits into {@value #LENGTH_MAX} characters.
 *
 * @param asOfMs Redis' time of a moment at which the browser had everything [ms]
 * @param places by channel, as browsers name it
 */
public record ResumeToken(@Nullable String user, long asOfMs, Map<String, Place> places) {
    public static final int LENGTH_MAX = 1_024;

    private static final byte VERSION = 2;
    /** The same without marks, for numbers so large that these would not fit. */
    private static final byte VERSION_UNMARKED = 3;

    private static final int USER_BYTES = 8;
    private static final int CHANNEL_BYTES = 5;
    private static final int MARK_BYTES = 3;
    private static final int GENERATION_BYTES = 7;
    private static final int SEQUENCE_BYTES_MAX = 9;
    private static final int CHECKSUM_BYTES = 4;
    /** Stands where a generation would for a moment, which is then the sequence; no generation is that old. */
    private static final long MOMENT = 0;

    /**
     * A place in one channel.
     *
     * @param point the position of the last item that the browser had, or the moment it came
     * @param mark of the fence at that time, see {@link fanfare.broker.Fence#mark}; 0 if it is not known
     */
    public record Place(Point point, int mark) {}

    /** What was read out of a token; its user and channels can be compared, but not named. */
    public static final class Read {
        private final byte[] user;
        private final long asOfMs;
        private final Map<Long, Place> places;

        private Read(byte[] user, long asOfMs, Map<Long, Place> places) {
            this.user = user;
            this.asOfMs = asOfMs;
            this.places = places;
        }

        /** Whether it was given to this user, or to a visitor without a login. */
        public boolean isOf(@Nullable String other) {
            return Arrays.equals(user, hash(userText(other), USER_BYTES));
        }

        public long asOfMs() {
            return asOfMs;
        }

        /** Where the browser was in a channel; null if the token does not speak of it. */
        public @Nullable Place place(String channel) {
            return places.get(number(hash(channel, CHANNEL_BYTES)));
        }
    }

    /** The token's text: base64url of version, user, time, channels and a checksum. */
    public String encode() {
        String marked = encode(VERSION);
        return marked.length() <= LENGTH_MAX ? marked : encode(VERSION_UNMARKED);
    }

    private String encode(byte version) {
        ByteBuffer bytes = ByteBuffer.allocate(1
                + USER_BYTES
                + Long.BYTES
                + places.size() * (CHANNEL_BYTES + MARK_BYTES + GENERATION_BYTES + SEQUENCE_BYTES_MAX)
                + CHECKSUM_BYTES);
        bytes.put(version).put(hash(userText(user), USER_BYTES)).putLong(asOfMs);
        places.forEach((channel, place) -> {
            Position after = place.point().after();
            bytes.put(hash(channel, CHANNEL_BYTES));
            if (version == VERSION) {
                put(bytes, place.mark(), MARK_BYTES);
            }
            put(bytes, after == null ? MOMENT : after.generation(), GENERATION_BYTES);
            putVarint(bytes, after == null ? place.point().sinceMs() : after.sequence());
        });
        bytes.putInt(checksum(bytes.array(), bytes.position()));
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(bytes.array(), bytes.position()));
    }

    /** Reads a token; null for garbage, another version or one that was altered by accident. */
    public static @Nullable Read decode(String text) {
        if (text.length() > LENGTH_MAX) {
            return null;
        }
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
            int end = bytes.limit() - CHECKSUM_BYTES;
            byte version = bytes.get();
            if ((version != VERSION && version != VERSION_UNMARKED)
                    || bytes.getInt(end) != checksum(bytes.array(), end)) {
                return null;
            }
            byte[] user = new byte[USER_BYTES];
            bytes.get(user);
            long asOfMs = bytes.getLong();
            Map<Long, Place> places = new HashMap<>();
            while (bytes.position() < end) {
                long channel = get(bytes, CHANNEL_BYTES);
                int mark = version == VERSION ? (int) get(bytes, MARK_BYTES) : 0;
                long generation = get(bytes, GENERATION_BYTES);
                long sequence = getVarint(bytes);
                Point point =
                        generation == MOMENT ? Point.since(sequence) : Point.after(new Position(generation, sequence));
                places.put(channel, new Place(point, mark));
            }
            return bytes.position() == end ? new Read(user, asOfMs, places) : null;
        } catch (IllegalArgumentException | IndexOutOfBoundsException | BufferUnderflowException e) {
            return null;
        }
    }

    private static void put(ByteBuffer bytes, long number, int length) {
        for (int shift = 8 * (length - 1); shift >= 0; shift -= 8) {
            bytes.put((byte) (number >> shift));
        }
    }

    private static long get(ByteBuffer bytes, int length) {
        byte[] digits = new byte[length];
        bytes.get(digits);
        return number(digits);
    }

    /** Seven bits a byte, the lowest first; the highest bit says that there are more. */
    private static void putVarint(ByteBuffer bytes, long number) {
        long rest = number;
        for (; rest >= 0x80; rest >>>= 7) {
            bytes.put((byte) (rest | 0x80));
        }
        bytes.put((byte) rest);
    }

    private static long getVarint(ByteBuffer bytes) {
        long number = 0;
        for (int i = 0; i < SEQUENCE_BYTES_MAX; i++) {
            byte b = bytes.get();
            number |= (long) (b & 0x7f) << (7 * i);
            if (b >= 0) {
                return number;
            }
        }
        throw new IllegalArgumentException("a number of more than 63 bits");
    }

    private static String userText(@Nullable String user) {
        return user == null ? "anonymous" : "user " + user;
    }

    private static long number(byte[] bytes) {
        long number = 0;
        for (byte b : bytes) {
            number = (number << 8) | (b & 0xff);
        }
        return number;
    }

    private static byte[] hash(String text, int length) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return Arrays.copyOf(hash, length);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static int checksum(byte[] bytes, int length) {
        CRC32 crc = new CRC32();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}
