package fanfare.broker;

import fanfare.channel.Position;
import org.jspecify.annotations.Nullable;

/**
 * What the scripts say of one publication.
 *
 * @param position null if it is not stored
 * @param alike what is stored has this one's namespace and receipt
 * @param other it is known to differ from this one in those or in its body
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
        boolean other,
        @Nullable Position prev,
        int gateways,
        String refusal) {
    /** Another master opened this generation. */
    static final String FENCED = "FENCED";
    /** What it must follow is not there yet. */
    static final String EARLY = "EARLY";

    /** What the scripts say of a duplicate; another word, that what is stored is not known. */
    private static final int OTHER = 0;

    private static final int SAME = 1;
    private static final int OTHER_BODY = 3;

    /** Behind the position. */
    private static final int WORDS = 5;

    static Answer parse(String text) {
        int end = Math.max(0, text.indexOf(' '));
        Position position = Position.parse(text.substring(0, end));
        if (position == null) {
            return new Answer(null, false, 0, 0, 0, false, false, null, 0, text);
        }
        long[] words = new long[WORDS];
        for (int i = 0; i < WORDS; i++) {
            int start = end + 1;
            end = endOfWord(text, start);
            words[i] = Long.parseLong(text, start, end, 10);
        }
        // Only what is to be handed on goes on with the position of the one before and the gateways.
        int prevEnd = end == text.length() ? end : endOfWord(text, end + 1);
        return new Answer(
                position,
                words[0] == 1,
                (int) words[1],
                words[2],
                words[3],
                words[4] == SAME || words[4] == OTHER_BODY,
                words[4] == OTHER || words[4] == OTHER_BODY,
                prevEnd == end ? null : Position.parse(text.substring(end + 1, prevEnd)),
                prevEnd == end ? 0 : Integer.parseInt(text, prevEnd + 1, text.length(), 10),
                "");
    }

    private static int endOfWord(String text, int start) {
        int end = text.indexOf(' ', start);
        return end < 0 ? text.length() : end;
    }
}
