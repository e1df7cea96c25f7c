package fanfare.http;

import java.util.Locale;

/** Every kind of refusal that an HTTP caller may meet, answered as RFC 9457 {@code application/problem+json}. */
public enum Problem {
    INVALID(400, "Invalid request"),
    UNAUTHORIZED(401, "Missing or wrong key"),
    NOT_LOGGED_IN(401, "Not logged in"),
    FORBIDDEN(403, "Not permitted"),
    ORIGIN_REFUSED(403, "Origin refused"),
    NOT_FOUND(404, "Not found"),
    METHOD_NOT_ALLOWED(405, "Method not allowed"),
    TIMEOUT(408, "Request took too long"),
    TOO_LARGE(413, "Too large"),
    UNSUPPORTED_MEDIA_TYPE(415, "Unsupported media type"),
    MISDIRECTED(421, "Not here"),
    TOO_MANY_REQUESTS(429, "Too many requests"),
    INTERNAL(500, "Internal error"),
    UNAVAILABLE(503, "Unavailable");

    /** For a refusal that passes, if nobody knows better [s]. */
    private static final int RETRY_AFTER_S = 1;

    private final int status;
    private final String title;

    Problem(int status, String title) {
        this.status = status;
        this.title = title;
    }

    public int status() {
        return status;
    }

    public String title() {
        return title;
    }

    /** {@code urn:fanfare:problem:<name>}. */
    public String type() {
        return "urn:fanfare:problem:" + name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** A refusal that is not about one field. */
    public ProblemException because(String detail) {
        return new ProblemException(this, detail, null, RETRY_AFTER_S);
    }

    /** A refusal of one field, such as {@code to.users[3]}. */
    public ProblemException of(String field, String detail) {
        return new ProblemException(this, detail, field, RETRY_AFTER_S);
    }
}
