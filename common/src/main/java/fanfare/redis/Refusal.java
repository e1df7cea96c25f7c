package fanfare.redis;

import io.vertx.redis.client.impl.types.ErrorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a server answers that takes no commands just now, or no writes: it speaks for itself and not of the one command,
 * which may be sent again, perhaps to another server.
 */
public final class Refusal {
    /** With the blank behind a word that begins others, such as BUSYKEY. */
    private static final List<String> ALL =
            List.of("READONLY", "NOREPLICAS", "MASTERDOWN", "LOADING", "MISCONF", "OOM", "BUSY ");

    private Refusal() {}

    /** Whether this is an answer of Redis, and such a one. */
    public static boolean is(@Nullable Throwable failure) {
        return failure instanceof ErrorType && is(String.valueOf(failure.getMessage()));
    }

    /** Whether Redis could not be asked, or answered so: what was asked of it may be tried again. */
    public static boolean isOrDown(@Nullable Throwable failure) {
        return failure instanceof RedisDownException || is(failure);
    }

    /** Whether the message of an answer says so. */
    public static boolean is(String message) {
        // An error of a script quotes the one that it met, and one of several commands each of theirs.
        return ALL.stream().anyMatch(message::contains);
    }
}
