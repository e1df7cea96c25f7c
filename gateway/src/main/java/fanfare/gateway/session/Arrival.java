package fanfare.gateway.session;

import fanfare.gateway.protocol.ResumeToken;
import fanfare.gateway.protocol.ResumeToken.Place;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a session holds till its welcome and no longer: what that waits for, what it will say, and what has to follow it.
 * Very many sessions have theirs behind them. Confined to the session's event loop.
 */
final class Arrival {
    /** When the site had answered; 0 before, and where a browser that was welcome wants to go on from a token [ms]. */
    private long admittedMs;
    /** Joins that have not ended: so long the site may be told that nobody is there, and nothing is known of gaps. */
    private int joinsAwaited;
    /** The hello has a token of this user's, so the welcome cannot do without the joins. */
    private boolean resuming;
    /** No join so far has found that something is missing. */
    private boolean recovered;
    /** What the welcome's token will say: the moment, and by channel the places from which they are heard. */
    private long asOfMs;

    private final Map<String, Place> places = new HashMap<>();
    /** What arrived before the welcome; whether it is wanted is only known then. */
    private final Backlog early;
    /** Pings to be answered. */
    private int pongsOwed;

    Arrival(SendQueue nothing) {
        early = new Backlog(nothing);
    }

    long admittedMs() {
        return admittedMs;
    }

    void admitted(long nowMs) {
        admittedMs = nowMs;
    }

    /** So many joins begin, whatever began before; {@code resumes} if they begin where a token says. */
    void joining(int joins, boolean resumes, long sinceMs) {
        joinsAwaited = joins;
        resuming = resumes;
        recovered = resumes;
        asOfMs = sinceMs;
        places.clear();
    }

    /** From where on a channel is heard. */
    void heard(String channel, Place from) {
        places.put(channel, from);
    }

    /** A join has ended; whether nothing is missing there but what it brings. */
    void joined(boolean complete) {
        if (joinsAwaited > 0) {
            joinsAwaited--;
            recovered = recovered && complete;
        }
    }

    /** A fresh session does without the joins after a while: an outage of Redis delays messages and not the page. */
    boolean areJoinsOver(long nowMs, long waitMs) {
        return joinsAwaited == 0 || (!resuming && nowMs - admittedMs >= waitMs);
    }

    boolean isRecovered() {
        return recovered;
    }

    /** The state before what follows: a browser that loses the connection right after its welcome has had nothing of it. */
    ResumeToken token(@Nullable String user) {
        return new ResumeToken(user, asOfMs, places);
    }

    Backlog early() {
        return early;
    }

    void owesPong() {
        pongsOwed++;
    }

    int pongsOwed() {
        return pongsOwed;
    }
}
