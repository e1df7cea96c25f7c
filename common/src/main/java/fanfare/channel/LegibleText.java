package fanfare.channel;

/** Texts for people or programs: Unicode without control characters. */
public final class LegibleText {
    private LegibleText() {}

    /** Whether a text is one, of so many characters (code points). */
    public static boolean is(String text, int lengthMin, int lengthMax) {
        int length = 0;
        boolean legible = true;
        for (int i = 0; i < text.length(); length++) {
            int c = text.codePointAt(i);
            // A lone surrogate, which an escape can bring in, has no form in UTF-8.
            legible &= !Character.isISOControl(c) && (c > Character.MAX_SURROGATE || c < Character.MIN_SURROGATE);
            i += Character.charCount(c);
        }
        return legible && length >= lengthMin && length <= lengthMax;
    }
}
