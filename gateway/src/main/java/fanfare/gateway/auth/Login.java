package fanfare.gateway.auth;

/** One session's hold on a login that the site has vouched for; to be released when the session ends. Node loop only. */
public final class Login {
    private final KeptLogin kept;
    private final LoginListener listener;

    Login(KeptLogin kept, LoginListener listener) {
        this.kept = kept;
        this.listener = listener;
    }

    /** Who it is, by the site's last word. */
    public Identity identity() {
        return kept.identity;
    }

    /** What the site was told; the same object for all sessions of one login. */
    public Credentials credentials() {
        return kept.credentials;
    }

    /** The session has ended, and nothing more is heard; releasing twice does no harm. */
    public void release() {
        kept.release(this);
    }

    LoginListener listener() {
        return listener;
    }
}
