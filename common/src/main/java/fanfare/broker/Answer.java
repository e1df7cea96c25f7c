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

    private static final int WORDS = 6;

    static Answer parse(String text) {
        String[] words = text.split(" ", -1);
        Position position = words.length == WORDS ? Position.parse(words[0]) : null;
        return position == null
                ? new Answer(null, false, 0, 0, 0, false, text)
                : new Answer(
                        position,
                        words[1].equals("1"),
                        Integer.parseInt(words[2]),
                        Long.parseLong(words[3]),
                        Long.parseLong(words[4]),
                        words[5].equals("1"),
                        "");
    }
}
