package fanfare.http;

import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/** A refusal on its way to the caller. It carries no stack trace: it is an answer, not a bug. */
public final class ProblemException extends RuntimeException {
    private final Problem problem;
    private final @Nullable String field;

    ProblemException(Problem problem, String detail, @Nullable String field) {
        super(detail, null, false, false);
        this.problem = problem;
        this.field = field;
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
