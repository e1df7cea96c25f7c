package fanfare.gateway.auth;

/** A session's hold on what the site said of it. Confined to the node loop. */
public final class Login {
    private final KeptAnswer answer;
    private final LoginListener listener;
    private final Runnable released;

    Login(KeptAnswer answer, LoginListener listener, Runnable released) {
        this.answer = answer;
        this.listener = listener;
        this.released = released;
    }

    /** Who the site says it is, as of the last time it was asked. */
    public Identity identity() {
        return answer.identity();
    }

    /** Says that the session is over. */
    public void release() {
        if (answer.holders().remove(this)) {
            released.run();
        }
    }

    LoginListener listener() {
        return listener;
    }
}
