package fanfare.http;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** How long a server that we ask wants to be left alone (RFC 9110, 10.2.3). */
public final class RetryAfter {
    private RetryAfter() {}

    /**
     * What the header says [ms]; 0 if there is none, or it is nonsense.
     *
     * @param nowMs the wall clock, since the header may name a date
     */
    public static long ms(@Nullable String value, long nowMs) {
        if (value == null) {
            return 0;
        }
        if (value.matches("\\d{1,9}")) {
            return TimeUnit.SECONDS.toMillis(Long.parseLong(value));
        }
        try {
            Instant then = DateTimeFormatter.RFC_1123_DATE_TIME.parse(value, Instant::from);
            return Math.max(0, then.toEpochMilli() - nowMs);
        } catch (DateTimeException e) {
            return 0;
        }
    }
}
