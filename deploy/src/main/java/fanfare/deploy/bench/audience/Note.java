package fanfare.deploy.bench.audience;

/**
 * What is published in a benchmark: a JSON string of {@value #LENGTH} bytes, quotes included, that says when and to whom.
 * Its numbers are of fixed width, so that it is written into bytes made before and read without a parser.
 */
public final class Note {
    public static final int LENGTH = 128;

    private static final int NANOS_AT = 1;
    private static final int NANOS_DIGITS = 19;
    private static final int NUMBER_AT = NANOS_AT + NANOS_DIGITS + 1;
    private static final int NUMBER_DIGITS = 10;
    private static final int USER_AT = NUMBER_AT + NUMBER_DIGITS + 1;
    /** Wide enough for every user of a benchmark, each of whom has a number of exactly this width. */
    public static final int USER_DIGITS = 6;

    private static final int FIRST_USER = 100_000;
    /** In a note that goes to many. */
    public static final int ALL_USERS = -FIRST_USER;

    private Note() {}

    /** With zeros in the place of the numbers. */
    public static String blank() {
        return "\"%s %s %s %s\""
                .formatted(
                        "0".repeat(NANOS_DIGITS),
                        "0".repeat(NUMBER_DIGITS),
                        "0".repeat(USER_DIGITS),
                        "x".repeat(LENGTH - USER_AT - USER_DIGITS - 2));
    }

    /** The name of the user with this index. */
    public static String userName(int index) {
        return "user-" + (FIRST_USER + index);
    }

    /**
     * Writes into a note that begins at an offset of these bytes.
     *
     * @param nanos when it is published, of {@link System#nanoTime}, which all processes of a machine have in common
     */
    public static void write(byte[] bytes, int at, long nanos, long number, int user) {
        digits(bytes, at + NANOS_AT, NANOS_DIGITS, nanos);
        digits(bytes, at + NUMBER_AT, NUMBER_DIGITS, number);
        writeUser(bytes, at + USER_AT, user);
    }

    /** Writes the {@value #USER_DIGITS} digits in which the names of users differ. */
    public static void writeUser(byte[] bytes, int at, int user) {
        digits(bytes, at, USER_DIGITS, FIRST_USER + user);
    }

    private static void digits(byte[] bytes, int at, int width, long number) {
        long left = number;
        for (int i = at + width - 1; i >= at; i--) {
            bytes[i] = (byte) ('0' + left % 10);
            left /= 10;
        }
    }

    static long nanos(byte[] bytes, int at) {
        return number(bytes, at + NANOS_AT, NANOS_DIGITS);
    }

    static long number(byte[] bytes, int at) {
        return number(bytes, at + NUMBER_AT, NUMBER_DIGITS);
    }

    static int user(byte[] bytes, int at) {
        return (int) number(bytes, at + USER_AT, USER_DIGITS) - FIRST_USER;
    }

    private static long number(byte[] bytes, int at, int width) {
        long number = 0;
        for (int i = at; i < at + width; i++) {
            number = number * 10 + bytes[i] - '0';
        }
        return number;
    }
}
