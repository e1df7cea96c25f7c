package fanfare.redis;

import java.nio.charset.StandardCharsets;

/** The 16,384 slots into which the keys of a Redis Cluster fall, by their hash tags (Redis Cluster specification). Pure. */
final class Slots {
    static final int COUNT = 16_384;

    private static final int POLYNOMIAL = 0x1021;
    private static final int CRC_MASK = 0xffff;
    private static final int[] CRC_OF_BYTE = crcs();
    private static final String SUFFIX = "abcdefghijklmnopqrstuvwxyz0123456789";

    private Slots() {}

    /** The slot of a key: that of what stands between its first brace and the next closing one, if anything does. */
    static int of(String key) {
        int open = key.indexOf('{');
        int close = open < 0 ? -1 : key.indexOf('}', open);
        return ofTag(close > open + 1 ? key.substring(open + 1, close) : key);
    }

    /** The slot of a hash tag: CRC-16/XMODEM modulo 16,384. */
    static int ofTag(String tag) {
        return crc(0, tag) % COUNT;
    }

    /** The smallest number that is a tag of this slot. */
    static String tag(int slot) {
        int number = 0;
        while (ofTag(Integer.toString(number)) != slot) {
            number++;
        }
        return Integer.toString(number);
    }

    /** What makes a key, which has no hash tag, fall into the slot of another one when it is put behind it. */
    static String suffix(String key, String other) {
        int stem = crc(0, key);
        int slot = of(other);
        int number = 0;
        while (crcOf(stem, number) % COUNT != slot) {
            number++;
        }
        return suffix(number);
    }

    /** The same as that of {@link #suffix(int)}, without a text for each of very many. */
    private static int crcOf(int stem, int number) {
        int crc = stem;
        for (int left = number; left > 0; left /= SUFFIX.length()) {
            crc = next(crc, SUFFIX.charAt(left % SUFFIX.length()));
        }
        return crc;
    }

    private static String suffix(int number) {
        StringBuilder text = new StringBuilder();
        for (int left = number; left > 0; left /= SUFFIX.length()) {
            text.append(SUFFIX.charAt(left % SUFFIX.length()));
        }
        return text.toString();
    }

    private static int crc(int before, String text) {
        int crc = before;
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            crc = next(crc, b);
        }
        return crc;
    }

    private static int next(int crc, int octet) {
        return (crc << Byte.SIZE ^ CRC_OF_BYTE[(crc >> Byte.SIZE ^ octet) & 0xff]) & CRC_MASK;
    }

    private static int[] crcs() {
        int[] crcs = new int[1 << Byte.SIZE];
        for (int i = 0; i < crcs.length; i++) {
            int crc = i << Byte.SIZE;
            for (int bit = 0; bit < Byte.SIZE; bit++) {
                crc = (crc & 0x8000) == 0 ? crc << 1 : (crc << 1) ^ POLYNOMIAL;
            }
            crcs[i] = crc & CRC_MASK;
        }
        return crcs;
    }
}
