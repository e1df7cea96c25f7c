package fanfare.gateway.session;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * Why a session ends, as the browser is told. 4000 to 4099: come back, with back-off; 4100 to 4199: don't, until the page
 * does something; the others are SockJS's own.
 *
 * @param code close code, also the metric's label
 * @param text at most {@value #TEXT_BYTES_MAX} bytes of UTF-8, since it travels in a WebSocket close frame (RFC 6455, 5.5)
 */
public record CloseReason(int code, String text) {
    public static final CloseReason INTERRUPTED = new CloseReason(1002, "Connection interrupted");
    public static final CloseReason ANOTHER_CONNECTION = new CloseReason(2010, "Another connection still open");
    public static final CloseReason GO_AWAY = new CloseReason(3000, "Go away!");
    public static final CloseReason DRAIN = new CloseReason(4001, "drain");
    public static final CloseReason SLOW_CONSUMER = new CloseReason(4002, "slow consumer");
    public static final CloseReason OVERLOADED = new CloseReason(4003, "overloaded");
    public static final CloseReason STATE_LOST = new CloseReason(4004, "state lost");
    public static final CloseReason SITE_UNAVAILABLE = new CloseReason(4005, "site unavailable");
    public static final CloseReason NOT_LOGGED_IN = new CloseReason(4101, "not logged in");
    public static final CloseReason SESSION_ENDED = new CloseReason(4102, "session ended");
    public static final CloseReason DISCONNECTED = new CloseReason(4103, "disconnected by the site");
    public static final CloseReason ORIGIN_REFUSED = new CloseReason(4104, "origin refused");
    public static final CloseReason BAD_MESSAGE = new CloseReason(4105, "bad message");
    public static final CloseReason TOO_MANY_CONNECTIONS = new CloseReason(4106, "too many connections of this user");
    public static final CloseReason PROTOCOL_NOT_SUPPORTED = new CloseReason(4107, "protocol not supported");

    /** The code of a connection that ended without one (RFC 6455, 7.4.1). */
    public static final int ABNORMAL = 1006;

    private static final int COME_BACK_FIRST = 4_000;
    private static final int STAY_AWAY_FIRST = 4_100;
    private static final int TEXT_BYTES_MAX = 123;
    /** Control characters, halves of pairs, and what browsers' transports are known to change or drop if it is not escaped. */
    private static final Pattern UNFIT =
            Pattern.compile("[\\p{Cc}\\p{Cs}\\u200c-\\u200f\\u2028-\\u202f\\u2060-\\u206f\\ufff0-\\uffff]");

    /** Whether the browser is to come back by itself. */
    public boolean comesBack() {
        return code >= COME_BACK_FIRST && code < STAY_AWAY_FIRST;
    }

    /** The same code with words of the caller's, cut to what a close frame can carry. */
    public CloseReason because(String words) {
        CharBuffer fit = CharBuffer.wrap(UNFIT.matcher(words).replaceAll("?"));
        // It stops before a character that would not fit whole.
        var unused = StandardCharsets.UTF_8.newEncoder().encode(fit, ByteBuffer.allocate(TEXT_BYTES_MAX), true);
        return new CloseReason(code, fit.flip().toString());
    }
}
