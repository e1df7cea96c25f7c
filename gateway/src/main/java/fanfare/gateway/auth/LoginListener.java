package fanfare.gateway.auth;

import fanfare.gateway.session.CloseReason;

/** What a session hears about its login after it was let in; called on the node loop. */
public interface LoginListener {
    /** The login is over, for good; nothing more is heard of it. */
    void ended(CloseReason reason);

    /** The site says something new about the same user: other topics, another session or time of expiry. */
    void changed(Identity identity);

    /** The site was asked once more after a doubt about everybody; what it said was told before. */
    default void rechecked() {}
}
