package fanfare.http;

import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/** A refusal on its way to the caller. It carries no stack trace: it is an answer, not a bug. */
public final class ProblemException extends RuntimeException {
    private final Problem problem;
    private final @Nullable String field;
    private final int retryAfterS;

    ProblemException(Problem problem, String detail, @Nullable String field, int retryAfterS) {
        super(detail, null, false, false);
        this.problem = problem;
        this.field = field;
        this.retryAfterS = retryAfterS;
    }

    /** The same refusal, of a request that may be repeated in so many seconds. */
    public ProblemException retryAfter(int seconds) {
        return new ProblemException(problem, String.valueOf(getMessage()), field, seconds);
    }

    /** When the request may be repeated [s]. */
    public int retryAfterS() {
        return retryAfterS;
    }

    public Problem problem() {
        return problem;
    }

    /** The body of the answer: type, title, status, detail and, where one is to blame, the field. */
    public JsonObject toJson() {
        JsonObject json = new JsonObject()
                .put("type", problem.type())
                .put("title", problem.title())
                .put("status", problem.status())
                .put("detail", getMessage());
        return field == null ? json : json.put("field", field);
    }
}
