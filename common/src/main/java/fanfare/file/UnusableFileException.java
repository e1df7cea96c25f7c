package fanfare.file;

/** A file that cannot be used; the message says why and where, and quotes nothing of it. */
public class UnusableFileException extends RuntimeException {
    public UnusableFileException(String message) {
        super(message, null, false, false);
    }
}
