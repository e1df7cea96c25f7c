package fanfare.channel;

/**
 * What a site asks to be published.
 *
 * @param id unique within the channel for the time that repeats are recognised
 * @param namespace label chosen by the site, 1 to 256 characters, no comma
 * @param event label chosen by the site, 1 to 256 characters
 * @param data JSON text, handed on verbatim
 * @param ttlSeconds how long it is kept for users who are away [s]
 * @param receiptSeconds for how long it is noted down what becomes of it [s]; 0 if nobody asked for a receipt
 */
public record Publication(String id, String namespace, String event, String data, int ttlSeconds, int receiptSeconds) {
    private static final int ID_LENGTH_MAX = 128;

    /** One without a receipt. */
    public Publication(String id, String namespace, String event, String data, int ttlSeconds) {
        this(id, namespace, event, data, ttlSeconds, 0);
    }

    /** Whether a publication can be called so: 1 to 128 printable ASCII characters. */
    public static boolean isId(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < ' ' || text.charAt(i) > '~') {
                return false;
            }
        }
        return !text.isEmpty() && text.length() <= ID_LENGTH_MAX;
    }
}
