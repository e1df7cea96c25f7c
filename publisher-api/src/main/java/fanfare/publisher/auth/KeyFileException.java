package fanfare.publisher.auth;

/** A key file that cannot be used; the message says which line, and quotes nothing of it. */
public final class KeyFileException extends RuntimeException {
    KeyFileException(String message) {
        super(message, null, false, false);
    }
}
