package fanfare.testing;

/** One thing that a {@link PushClient} learned from its server, in the order in which it came. */
sealed interface Heard permits Message, Heard.Closed, Heard.Refused {
    /** The session ended; 1006 when it did so without a word. */
    record Closed(int code, String reason) implements Heard {}

    /** The server did not let the client in and said so in HTTP. */
    record Refused(int status, String body) implements Heard {}
}
