package fanfare.publisher.auth;

import fanfare.file.UnusableFileException;

/** A key file that cannot be used; the message says which line, and quotes nothing of it. */
public final class KeyFileException extends UnusableFileException {
    KeyFileException(String message) {
        super(message);
    }
}
