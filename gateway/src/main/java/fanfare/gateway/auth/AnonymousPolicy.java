package fanfare.gateway.auth;

/** What becomes of a browser that the site does not know: it hears broadcast only, or it is turned away. */
public enum AnonymousPolicy {
    ALLOW,
    DENY
}
