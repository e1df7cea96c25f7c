package fanfare.broker;

import fanfare.channel.Position;
import org.jspecify.annotations.Nullable;

/**
 * What the scripts say of one publication.
 *
 * @param position null if it is not stored
 * @param prev position of the item before it, of what is to be handed on; null if there is none
 * @param gateways which gateways are to be handed it, a bit for each; 0 for what no longer has to be
 * @param refusal why it is not stored: {@link #FENCED}, {@link #EARLY}, or what Redis has against it
 */
record Answer(
        @Nullable Position position,
        boolean duplicate,
        int routed,
        long serverMs,
        long expiresMs,
        boolean alike,
        @Nullable Position prev,
        int gateways,
        String refusal) {
    /** Another master opened this generation. */
    static final String FENCED = "FENCED";
    /** What it must follow is not there yet. */
    static final String EARLY = "EARLY";

    private static final int WORDS = 6;
    /** Of one that is to be handed on. */
    private static final int WORDS_MAX = 8;

    static Answer parse(String text) {
        String[] words = text.split(" ", -1);
        Position position = words.length == WORDS || words.length == WORDS_MAX ? Position.parse(words[0]) : null;
        boolean handed = words.length == WORDS_MAX;
        return position == null
                ? new Answer(null, false, 0, 0, 0, false, null, 0, text)
                : new Answer(
                        position,
                        words[1].equals("1"),
                        Integer.parseInt(words[2]),
                        Long.parseLong(words[3]),
                        Long.parseLong(words[4]),
                        words[5].equals("1"),
                        handed ? Position.parse(words[6]) : null,
                        handed ? Integer.parseInt(words[7]) : 0,
                        "");
    }
}
