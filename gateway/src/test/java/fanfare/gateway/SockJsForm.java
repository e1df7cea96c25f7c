package fanfare.gateway;

import io.vertx.core.json.Json;

/** The requests by which a fallback session is heard, and what a frame stands in on the wire of each. */
enum SockJsForm {
    XHR("POST", "xhr", "", "", "\n", false),
    XHR_STREAMING("POST", "xhr_streaming", "\n", "", "\n", false),
    EVENTSOURCE("GET", "eventsource", "\r\n", "data: ", "\r\n\r\n", false),
    HTMLFILE("GET", "htmlfile?c=_jp.abc", "\r\n\r\n", "<script>\np(", ");\n</script>\r\n", true),
    JSONP("GET", "jsonp?c=_jp.abc", "", "/**/_jp.abc(", ");\r\n", true);

    final String method;
    final String path;
    /** What a stream's prelude ends with; a poll has none. */
    private final String preludeEnd;

    private final String before;
    final String frameEnd;
    /** Whether a frame is a string of a script. */
    private final boolean quoted;

    SockJsForm(String method, String path, String preludeEnd, String before, String frameEnd, boolean quoted) {
        this.method = method;
        this.path = path;
        this.preludeEnd = preludeEnd;
        this.before = before;
        this.frameEnd = frameEnd;
        this.quoted = quoted;
    }

    boolean isStream() {
        return !preludeEnd.isEmpty();
    }

    /** How a frame goes out that needs no escapes but those of a string. */
    String wire(String frame) {
        return before + (quoted ? Json.encode(frame) : frame) + frameEnd;
    }

    /** Reads what a stream begins with. */
    String prelude(Chunks stream) {
        return stream.through(preludeEnd);
    }

    /** Reads a stream's next frame as it is on the wire. */
    String next(Chunks stream) {
        return stream.through(frameEnd);
    }
}
