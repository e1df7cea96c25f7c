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
 * where to read the channels that the site grants now. Channels stand in it as five bytes of a hash, so that a user with
 * as many topics as there may be fits into {@value #LENGTH_MAX} characters.
 *
 * @param asOfMs Redis' time of a moment at which the browser had everything [ms]
 * @param points by channel, as browsers name it, the position of the last item that it had, or the moment it came
 */
public record ResumeToken(@Nullable String user, long asOfMs, Map<String, Point> points) {
    public static final int LENGTH_MAX = 1_024;

    private static final byte VERSION = 1;
    private static final int USER_BYTES = 8;
    private static final int CHANNEL_BYTES = 5;
    private static final int CHECKSUM_BYTES = 4;
    /** Stands where a generation would for a moment, which is then the sequence; no generation is that old. */
    private static final long MOMENT = 0;

    /** What was read out of a token; its user and channels can be compared, but not named. */
    public static final class Read {
        private final byte[] user;
        private final long asOfMs;
        private final Map<Long, Point> points;

        private Read(byte[] user, long asOfMs, Map<Long, Point> points) {
            this.user = user;
            this.asOfMs = asOfMs;
            this.points = points;
        }

        /** Whether it was given to this user, or to a visitor without a login. */
        public boolean isOf(@Nullable String other) {
            return Arrays.equals(user, hash(userText(other), USER_BYTES));
        }

        public long asOfMs() {
            return asOfMs;
        }

        /** Where the browser was in a channel; null if the token does not speak of it. */
        public @Nullable Point point(String channel) {
            return points.get(number(channel));
        }
    }

    /** The token's text: base64url of version, user, time, channels and a checksum. */
    public String encode() {
        ByteBuffer bytes = ByteBuffer.allocate(
                1 + USER_BYTES + Long.BYTES + points.size() * (CHANNEL_BYTES + 2 * Long.BYTES) + CHECKSUM_BYTES);
        bytes.put(VERSION).put(hash(userText(user), USER_BYTES)).putLong(asOfMs);
        points.forEach((channel, point) -> {
            Position after = point.after();
            bytes.put(hash(channel, CHANNEL_BYTES))
                    .putLong(after == null ? MOMENT : after.generation())
                    .putLong(after == null ? point.sinceMs() : after.sequence());
        });
        bytes.putInt(checksum(bytes.array(), bytes.position()));
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
    }

    /** Reads a token; null for garbage, another version or one that was altered by accident. */
    public static @Nullable Read decode(String text) {
        if (text.length() > LENGTH_MAX) {
            return null;
        }
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
            int end = bytes.limit() - CHECKSUM_BYTES;
            if (bytes.get() != VERSION || bytes.getInt(end) != checksum(bytes.array(), end)) {
                return null;
            }
            byte[] user = new byte[USER_BYTES];
            bytes.get(user);
            long asOfMs = bytes.getLong();
            Map<Long, Point> points = new HashMap<>();
            while (bytes.position() < end) {
                byte[] channel = new byte[CHANNEL_BYTES];
                bytes.get(channel);
                long generation = bytes.getLong();
                long sequence = bytes.getLong();
                points.put(
                        number(channel),
                        generation == MOMENT ? Point.since(sequence) : Point.after(new Position(generation, sequence)));
            }
            return bytes.position() == end ? new Read(user, asOfMs, points) : null;
        } catch (IllegalArgumentException | IndexOutOfBoundsException | BufferUnderflowException e) {
            return null;
        }
    }

    private static String userText(@Nullable String user) {
        return user == null ? "anonymous" : "user " + user;
    }

    private static long number(String channel) {
        return number(hash(channel, CHANNEL_BYTES));
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
