package fanfare.gateway.session;

import fanfare.broker.Reading.Point;
import fanfare.channel.Position;
import org.jspecify.annotations.Nullable;

/** How far a session has come in one channel, and so what it still has to get. Pure; confined to the session's loop. */
public class Progress {
    /** Until the join is over, live messages are not ours: the join's own list has them. */
    private boolean joining = true;
    /** When the join ended, in the feed's count of what it hands out. */
    private long joinedStamp;
    /** How far the session has come, what it did not want to hear included. */
    private Point place;
    /** The browser has had everything up to here, on another gateway perhaps; null once this channel is past it. */
    private @Nullable Position had;

    public Progress(Point from) {
        this.place = from;
        this.had = from.after();
    }

    public final Point place() {
        return place;
    }

    final boolean isJoining() {
        return joining;
    }

    /**
     * The join is over, and its list follows.
     *
     * @param before the position before that list; null if there is none
     * @param whole whether nothing is missing before it; else the place stays, until the session hears of the gap
     * @param stamp the feed's count of what it handed out so far
     */
    public final void joined(@Nullable Position before, boolean whole, long stamp) {
        joining = false;
        joinedStamp = stamp;
        if (whole && place.after() == null) {
            place = before == null ? Point.BEGINNING : Point.after(before);
        }
    }

    /** Whether what is live is ours; a repeat that was handed out before the join ended and was not in its list is. */
    public final boolean hears(long firstStamp) {
        return !joining && (firstStamp == 0 || firstStamp < joinedStamp);
    }

    /** Moves on to behind a publication; false if the browser has had it. */
    public final boolean moveTo(Point behind) {
        Position position = behind.after();
        if (had != null && position != null && position.isAtMost(had)) {
            return false;
        }
        had = null;
        place = behind;
        return true;
    }
}
