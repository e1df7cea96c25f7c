package fanfare.http;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Why a server may not have started: somebody else listens on its port. */
public final class TakenPort {
    private TakenPort() {}

    /** Whether that is why; both of Java's own sockets and of the kernel's, whose failures have different types. */
    public static boolean isCauseOf(Throwable failure) {
        return says(failure) || says(failure.getCause());
    }

    private static boolean says(@Nullable Throwable failure) {
        return failure instanceof IOException
                && String.valueOf(failure.getMessage()).contains("already in use");
    }
}
