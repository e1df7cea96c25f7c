package fanfare.redis;

/** Redis could not be asked, or did not answer in time; whether a command took effect is not known. */
public final class RedisDownException extends RuntimeException {
    public RedisDownException(String message, Throwable cause) {
        super(message, cause);
    }

    public RedisDownException(String message) {
        super(message);
    }
}
