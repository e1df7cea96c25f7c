package fanfare.publisher.auth;

import fanfare.config.Env;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How fast a key may take tokens: one for each channel of a publication, one for any other call.
 *
 * @param perSecond tokens that its bucket gets each second; 0 if it has no limit
 * @param burst tokens that a full bucket holds
 */
public record Rate(int perSecond, int burst) {
    /** How an element of a key's line that says its rate begins. */
    static final String PREFIX = "rate=";

    private static final int PER_SECOND_MAX = 10_000_000;
    private static final int BURST_MAX = 100_000_000;
    private static final int PER_SECOND_DEFAULT = 100_000;
    private static final int BURST_S_DEFAULT = 2;
    private static final Pattern FORM = Pattern.compile(PREFIX + "(\\d{1,9})(?:/(\\d{1,9}))?");

    /** Reads the settings of the rate that each key has whose line does not say another. */
    public static Rate from(Env env) {
        int perSecond = env.integer("FANFARE_RATE_LIMIT", PER_SECOND_DEFAULT, 0, PER_SECOND_MAX);
        return new Rate(perSecond, env.integer("FANFARE_RATE_BURST", burstOf(perSecond), 1, BURST_MAX));
    }

    /**
     * Reads {@code rate=500} or {@code rate=500/2000}.
     *
     * @throws KeyFileException if it is neither
     */
    static Rate parse(String text) {
        Matcher form = FORM.matcher(text);
        if (form.matches()) {
            int perSecond = Integer.parseInt(form.group(1));
            int burst = form.group(2) == null ? burstOf(perSecond) : Integer.parseInt(form.group(2));
            if (perSecond <= PER_SECOND_MAX && burst >= 1 && burst <= BURST_MAX) {
                return new Rate(perSecond, burst);
            }
        }
        throw new KeyFileException("a rate is rate=<tokens per second, 0 to " + PER_SECOND_MAX
                + "> or rate=<tokens per second>/<tokens at once, 1 to " + BURST_MAX + ">");
    }

    public boolean isLimited() {
        return perSecond > 0;
    }

    private static int burstOf(int perSecond) {
        return Math.max(1, perSecond * BURST_S_DEFAULT);
    }
}
