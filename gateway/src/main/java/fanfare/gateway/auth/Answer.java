package fanfare.gateway.auth;

/** What one request to the site came to. */
sealed interface Answer {
    record Known(Identity identity) implements Answer {}

    record NotLoggedIn() implements Answer {}

    /**
     * The site cannot say just now.
     *
     * @param retryAfterMs how long it asks to be left alone; 0 if it does not say
     */
    record Unavailable(String why, long retryAfterMs) implements Answer {}

    /**
     * The site said something that no site should, and will again.
     *
     * @param words a sentence on what it said and should say
     */
    record Misconfigured(String words) implements Answer {}

    /** Too many others wait, so the site was not asked. */
    record Overloaded() implements Answer {}

    /** The same answer where browsers that the site does not know are let in, or turned away. */
    default Answer under(AnonymousPolicy policy) {
        return switch (policy) {
            case ALLOW -> this instanceof NotLoggedIn ? new Known(Identity.ANONYMOUS) : this;
            case DENY -> this instanceof Known known && known.identity().isAnonymous() ? new NotLoggedIn() : this;
        };
    }
}
