package fanfare.gateway.auth;

import fanfare.gateway.session.CloseReason;

/** A browser was not let in. It is an everyday answer and no fault, hence without a stack trace. */
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
