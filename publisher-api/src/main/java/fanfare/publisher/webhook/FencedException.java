package fanfare.publisher.webhook;

/** A bucket belongs to another publisher, or Redis has lost that it is ours. */
final class FencedException extends RuntimeException {
    /** The highest token met. */
    final long token;

    FencedException(long token) {
        super("another publisher tells the site", null, false, false);
        this.token = token;
    }
}
