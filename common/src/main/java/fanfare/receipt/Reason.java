package fanfare.receipt;

import java.util.Locale;

/** Why a gateway did not write a publication to a connection that was there. */
public enum Reason {
    /** The page's hello left the namespace out. */
    NAMESPACE_NOT_WANTED,
    /** The site took the user out of the topic while the publication waited. */
    NOT_SUBSCRIBED,
    /** The browser did not read, and was closed with 4002 while the publication waited for it. */
    SLOW,
    /** The session ended while the publication waited, or its connection broke while it was being written. */
    SESSION_ENDED;

    /** As records and answers have it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
