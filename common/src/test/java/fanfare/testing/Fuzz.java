package fanfare.testing;

import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Texts that nobody who means well would send, from a seed. {@code -Dfanfare.fuzz.rounds=N} plays more rounds,
 * {@code -Dfanfare.fuzz.seed=S} others; what fails names its seed, its round and the last text that was made.
 */
public final class Fuzz {
    private static final int ROUNDS = Integer.getInteger("fanfare.fuzz.rounds", 10_000);
    private static final long SEED = Long.getLong("fanfare.fuzz.seed", 1);

    /** What means something to one of the parsers, or has been known to confuse others. */
    private static final String[] PIECES = {
        "{",
        "}",
        "[",
        "]",
        "[[[[[[[[",
        "\"",
        "\\",
        "\\\\",
        "\\u",
        "\\ud800",
        "\\u0000",
        ",",
        ",,,,",
        ":",
        "::",
        ";",
        "=",
        "-",
        "--",
        "+",
        ".",
        "..",
        "%",
        "%zz",
        "%00",
        "@",
        "/",
        "//",
        "?",
        "#",
        "null",
        "true",
        "NaN",
        "Infinity",
        "0",
        "-0",
        "1e999999999",
        "-1",
        "9223372036854775808",
        "2147483648",
        "99999999999999999999999999999999999999999",
        " ",
        "\t",
        "\r\n",
        "\n",
        "\0",
        "\u007f",
        "\u0080",
        "\u00e9",
        "\u200c",
        "\u2028",
        "\ufeff",
        "\ufffd",
        "\uffff",
        "\ud83d\ude00",
        "\ud800",
        "\udc00",
        "\u0660",
        "\u0130",
        "__proto__"
    };
    /** How much of a failing text is shown, which is enough to see what kind it is of. */
    private static final int SHOWN_MAX = 2_000;

    private final SplittableRandom random;
    private String last = "";

    private Fuzz(long seed) {
        this.random = new SplittableRandom(seed);
    }

    /** Plays all rounds. */
    public static void play(Consumer<Fuzz> round) {
        play(1, round);
    }

    /** Plays rounds of which each costs as much as so many others. */
    public static void play(int cost, Consumer<Fuzz> round) {
        SplittableRandom seeds = new SplittableRandom(SEED);
        for (int i = 0; i < ROUNDS / cost; i++) {
            Fuzz fuzz = new Fuzz(seeds.nextLong());
            try {
                round.accept(fuzz);
            } catch (Exception | StackOverflowError | AssertionError e) {
                throw new AssertionError("seed %d, round %d, %s with %s".formatted(SEED, i, e, fuzz.shown()), e);
            }
        }
    }

    /** From 0 to {@code bound}, which is not among them. */
    public int number(int bound) {
        return random.nextInt(bound);
    }

    public String oneOf(String... texts) {
        return texts[random.nextInt(texts.length)];
    }

    /** A text of any kind, more often than not close to one of {@code valid}. */
    public String text(int lengthMax, String... valid) {
        String made =
                switch (random.nextInt(8)) {
                    case 0 -> characters();
                    case 1 -> pieces();
                    case 2 -> oneOf(PIECES).repeat(1 + random.nextInt(random.nextInt(32) == 0 ? lengthMax : 64));
                    default -> mutated(valid);
                };
        last = made.length() <= lengthMax ? made : made.substring(0, lengthMax);
        return last;
    }

    /** Any characters at all: letters, controls, halves of surrogate pairs. */
    private String characters() {
        StringBuilder made = new StringBuilder();
        for (int i = random.nextInt(60); i > 0; i--) {
            made.append(character());
        }
        return made.toString();
    }

    private char character() {
        return switch (random.nextInt(6)) {
            case 0 -> (char) random.nextInt(0x20);
            case 1 -> (char) random.nextInt(0x100);
            case 2 -> (char) random.nextInt(0x10000);
            case 3 -> (char) (0xd800 + random.nextInt(0x800));
            default -> (char) (0x20 + random.nextInt(0x5f));
        };
    }

    private String pieces() {
        StringBuilder made = new StringBuilder();
        for (int i = random.nextInt(20); i > 0; i--) {
            made.append(oneOf(PIECES));
        }
        return made.toString();
    }

    private String mutated(String... valid) {
        String made = oneOf(valid);
        for (int i = random.nextInt(5); i > 0; i--) {
            made = mutated(made, oneOf(valid));
        }
        return made;
    }

    private String mutated(String text, String other) {
        int from = random.nextInt(text.length() + 1);
        int to = from + random.nextInt(text.length() - from + 1);
        String head = text.substring(0, from);
        String tail = text.substring(to);
        return switch (random.nextInt(6)) {
            case 0 -> head + tail;
            case 1 -> head + character() + text.substring(Math.min(text.length(), from + 1));
            case 2 -> head + oneOf(PIECES) + text.substring(from);
            case 3 -> head + text.substring(from, to).repeat(1 + random.nextInt(4)) + tail;
            case 4 -> head + other.substring(random.nextInt(other.length() + 1));
            default -> head + oneOf(PIECES).repeat(1 + random.nextInt(random.nextInt(32) == 0 ? 2_000 : 20)) + tail;
        };
    }

    private String shown() {
        StringBuilder shown = new StringBuilder();
        for (char c : last.substring(0, Math.min(last.length(), SHOWN_MAX)).toCharArray()) {
            shown.append(c >= ' ' && c < 0x7f ? Character.toString(c) : "\\u%04x".formatted(Integer.valueOf(c)));
        }
        return "%s (%d characters)".formatted(shown, last.length());
    }
}
