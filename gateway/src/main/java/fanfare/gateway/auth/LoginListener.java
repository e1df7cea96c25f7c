package fanfare.gateway.auth;

import fanfare.gateway.session.CloseReason;

/** What a session wants to hear about its login after it was let in; called on the node loop. */
public interface LoginListener {
    /** The site does not say so any more. */
    void ended(CloseReason reason);

    /** The same user, but other topics. */
    void changed(Identity identity);
}
