package fanfare.gateway.auth;

import fanfare.gateway.session.CloseReason;

/** A browser that is not let in, and why. It carries no stack trace: it is an answer, not a bug. */
public final class LoginRefused extends RuntimeException {
    private final transient CloseReason reason;

    LoginRefused(CloseReason reason) {
        super(reason.text(), null, false, false);
        this.reason = reason;
    }

    public CloseReason reason() {
        return reason;
    }
}
