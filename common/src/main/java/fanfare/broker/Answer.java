package fanfare.broker;

import fanfare.channel.Position;
import org.jspecify.annotations.Nullable;

/**
 * What the publish script says of one publication.
 *
 * @param position null if it is not stored
 * @param refusal why it is not stored: {@link #FENCED}, {@link #EARLY}, or what Redis has against it
 */
record Answer(
        @Nullable Position position,
        boolean duplicate,
        int routed,
        long serverMs,
        long expiresMs,
        boolean alike,
        String refusal) {
    /** Another master opened this generation. */
    static final String FENCED = "FENCED";
    /** What it must follow is not there yet. */
    static final String EARLY = "EARLY";

    /** Behind the position. */
    private static final int WORDS = 5;

    static Answer parse(String text) {
        int end = Math.max(0, text.indexOf(' '));
        Position position = Position.parse(text.substring(0, end));
        if (position == null) {
            return new Answer(null, false, 0, 0, 0, false, text);
        }
        long[] words = new long[WORDS];
        for (int i = 0; i < WORDS; i++) {
            int start = end + 1;
            end = i == WORDS - 1 ? text.length() : text.indexOf(' ', start);
            words[i] = Long.parseLong(text, start, end, 10);
        }
        return new Answer(position, words[0] == 1, (int) words[1], words[2], words[3], words[4] == 1, "");
    }
}
