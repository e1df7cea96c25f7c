package fanfare.gateway.session;

import java.util.EnumSet;
import java.util.Set;

/** The life of a session, and the only moves there are. */
enum SessionState {
    /** The site has not answered, or the browser may still say its hello. */
    CONNECTING,
    /** Welcomed: messages go out as they come. */
    OPEN,
    /** Nothing goes out any more but the close itself. */
    CLOSED;

    Set<SessionState> next() {
        return switch (this) {
            case CONNECTING -> EnumSet.of(OPEN, CLOSED);
            case OPEN -> EnumSet.of(CLOSED);
            case CLOSED -> EnumSet.noneOf(SessionState.class);
        };
    }
}
