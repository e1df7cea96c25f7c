package fanfare.publisher.json;

/** What can be said of valid JSON text without parsing it. */
final class Json {
    private Json() {}

    /** The text less the white space outside its strings. */
    static String compact(char[] text, int start, int end) {
        StringBuilder compact = new StringBuilder(end - start);
        boolean inString = false;
        for (int i = start; i < end; i++) {
            char c = text[i];
            if (inString) {
                compact.append(c);
                if (c == '\\') {
                    compact.append(text[++i]);
                } else if (c == '"') {
                    inString = false;
                }
            } else if (c > ' ') {
                compact.append(c);
                inString = c == '"';
            }
        }
        return compact.toString();
    }

    /** How many bytes the text is in UTF-8; it has no lone surrogate, since it came as UTF-8. */
    static int utf8Length(char[] text, int start, int end) {
        int bytes = 0;
        for (int i = start; i < end; i++) {
            char c = text[i];
            bytes += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
        }
        return bytes;
    }
}
