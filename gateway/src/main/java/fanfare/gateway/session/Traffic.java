package fanfare.gateway.session;

import io.netty.buffer.ByteBufUtil;
import org.jspecify.annotations.Nullable;

/**
 * What came and went over one connection, and when: for its limits and for the log. A session is its own, since there are
 * very many. Confined to the session's event loop.
 */
abstract class Traffic {
    /** What a browser may send at once, beyond what any second may bring, because it was silent before. */
    static final int SAVED_MAX = 40;
    /** For each second of silence beyond the first: what a network held back comes together, and that is no flood. */
    static final int SAVED_PER_SECOND = 2;

    private final long openedMs;
    /** When anything was last written, which in the end is the close [ms]. */
    private long writtenMs;
    /** When the browser's newest message came, after the opening, which stands for one; differences count, it wraps [ms]. */
    private int receivedMs;
    /** So many messages may be too many for their second. */
    private int saved;
    /** When those before it came; null if the last second had none, as it is with a browser that only listens. */
    private @Nullable Pace pace;
    /** Messages that came so far. */
    private int received;
    /** Text that came, and text that the transport took [bytes], both unsigned and no more than fits. */
    private int receivedBytes;

    private int sentBytes;
    /** Messages that the transport took. */
    private int sent;

    Traffic(long nowMs) {
        openedMs = nowMs;
        writtenMs = nowMs;
    }

    final long openedMs() {
        return openedMs;
    }

    final long writtenMs() {
        return writtenMs;
    }

    /** Something was written, if only a sign of life. */
    final void wrote(long nowMs) {
        writtenMs = nowMs;
    }

    /** The transport took so many messages. */
    final void took(int messages, int bytes, long nowMs) {
        wrote(nowMs);
        sent += messages;
        sentBytes = plus(sentBytes, bytes);
    }

    /** A message came; false if a second has brought more than it may. */
    final boolean isAllowed(String text, int perSecondMax, long nowMs) {
        receivedBytes = plus(receivedBytes, ByteBufUtil.utf8Bytes(text));
        long silenceMs = silenceMs(nowMs);
        forgetPace(nowMs);
        received++;
        receivedMs = (int) (nowMs - openedMs);
        if (silenceMs >= Pace.SECOND_MS) {
            long more = SAVED_PER_SECOND * (silenceMs / Pace.SECOND_MS - 1);
            saved = (int) Math.min(SAVED_MAX, saved + more);
            return true;
        }
        if (received == 1) {
            return true;
        }
        if (pace == null) {
            // Whatever came before that one had come a second earlier, or there were a pace.
            pace = new Pace(perSecondMax);
            pace.allows(nowMs - silenceMs);
        }
        return pace.allows(nowMs) || saved-- > 0;
    }

    private long silenceMs(long nowMs) {
        return Integer.toUnsignedLong((int) (nowMs - openedMs) - receivedMs);
    }

    /** Forgets what is over, to be called now and then. */
    final void forgetPace(long nowMs) {
        if (silenceMs(nowMs) >= Pace.SECOND_MS) {
            pace = null;
        }
    }

    /** All of it, as the log tells it. */
    final ConnectionEnd total(String connection, String transport, int code, String why, long nowMs) {
        return new ConnectionEnd(
                connection,
                transport,
                code,
                why,
                nowMs - openedMs,
                sent,
                Integer.toUnsignedLong(sentBytes),
                received,
                Integer.toUnsignedLong(receivedBytes));
    }

    private static int plus(int unsigned, int more) {
        return (int) Math.min(0xFFFF_FFFFL, Integer.toUnsignedLong(unsigned) + more);
    }
}
