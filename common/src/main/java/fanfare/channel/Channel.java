package fanfare.channel;

import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Where a publication goes: to one user, to everybody online, or to a topic. Written {@code user:42}. */
public record Channel(Kind kind, String name) {
    /** How long a user id may be, in characters. */
    public static final int USER_LENGTH_MAX = 128;

    public static final Channel BROADCAST = new Channel(Kind.BROADCAST, "");

    private static final String USER_PREFIX = "user:";
    private static final String TOPIC_PREFIX = "topic:";
    private static final int TOPIC_LENGTH_MAX = 64;

    public enum Kind {
        USER,
        BROADCAST,
        TOPIC
    }

    public Channel {
        switch (kind) {
            case USER -> require(isUser(name), "a user id is 1 to 128 printable ASCII characters without space");
            case TOPIC -> require(isTopic(name), "a topic is 1 to 64 characters of A-Z a-z 0-9 . _ : -");
            case BROADCAST -> require(name.isEmpty(), "broadcast has no name");
        }
    }

    public static Channel user(String id) {
        return new Channel(Kind.USER, id);
    }

    public static Channel topic(String name) {
        return new Channel(Kind.TOPIC, name);
    }

    /**
     * The channel that is written so, see {@link #toString}.
     *
     * @throws IllegalArgumentException if none is
     */
    public static Channel parse(String text) {
        if (text.startsWith(USER_PREFIX)) {
            return user(text.substring(USER_PREFIX.length()));
        }
        require(text.equals("broadcast") || text.startsWith(TOPIC_PREFIX), "a channel is user:, broadcast or topic:");
        return text.equals("broadcast") ? BROADCAST : topic(text.substring(TOPIC_PREFIX.length()));
    }

    /** Whether this is a user id: 1 to 128 printable ASCII characters without space. */
    public static boolean isUser(@Nullable String id) {
        return id != null && consistsOf(id, USER_LENGTH_MAX, c -> c >= '!' && c <= '~');
    }

    /** Whether this is a topic name: 1 to 64 of {@code A-Z a-z 0-9 . _ : -}. */
    public static boolean isTopic(@Nullable String name) {
        return name != null && consistsOf(name, TOPIC_LENGTH_MAX, Channel::isOfTopic);
    }

    /** What a browser knows the channel as: its own user channel is just {@code user}. */
    public String label() {
        return switch (kind) {
            case USER -> "user";
            case BROADCAST -> "broadcast";
            case TOPIC -> TOPIC_PREFIX + name;
        };
    }

    @Override
    public String toString() {
        return kind == Kind.USER ? USER_PREFIX + name : label();
    }

    private static boolean isOfTopic(int c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '.'
                || c == '_'
                || c == ':'
                || c == '-';
    }

    /** A loop, since names are checked with each connect and each publication. */
    private static boolean consistsOf(String text, int lengthMax, IntPredicate allowed) {
        if (text.isEmpty() || text.length() > lengthMax) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (!allowed.test(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private static void require(boolean condition, String rule) {
        if (!condition) {
            throw new IllegalArgumentException(rule);
        }
    }
}
