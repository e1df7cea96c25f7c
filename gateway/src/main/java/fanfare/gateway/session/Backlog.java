package fanfare.gateway.session;

/** What a session keeps back for a while, to deliver it later. Confined to the session's event loop. */
final class Backlog {
    SendQueue queue;
    /** What it may hold beyond a budget, since that came at once, for which the browser is not to blame [bytes]. */
    int atOnce;

    Backlog(SendQueue nothing) {
        queue = nothing;
    }
}
