package fanfare.gateway.sockjs;

import fanfare.gateway.protocol.Quoting;
import io.vertx.core.buffer.Buffer;
import java.util.function.UnaryOperator;

/**
 * What a fallback transport makes of a response (SockJS protocol, 0.3.3): its type, what comes first, and how each frame
 * stands in it.
 *
 * @param transport its name, for metrics
 * @param streaming whether the response may carry more than one frame
 * @param prelude what a stream begins with
 */
record Envelope(
        SockJsTransport transport,
        String contentType,
        boolean streaming,
        Buffer prelude,
        UnaryOperator<Buffer> wrapping) {
    private static final String SCRIPT = "application/javascript; charset=UTF-8";
    /** Some browsers hand a stream's bytes on only after the first 2 KiB ("XhrStreaming"). */
    private static final Buffer XHR_PRELUDE = Buffer.buffer("h".repeat(2_048) + "\n");
    /** And pages after the first KiB ("HtmlFile"). */
    private static final int PAGE_BYTES_MIN = 1_024;

    static final Envelope XHR = new Envelope(SockJsTransport.XHR, SCRIPT, false, Buffer.buffer(), Envelope::line);
    static final Envelope XHR_STREAMING =
            new Envelope(SockJsTransport.XHR_STREAMING, SCRIPT, true, XHR_PRELUDE, Envelope::line);
    static final Envelope EVENTSOURCE = new Envelope(
            SockJsTransport.EVENTSOURCE, "text/event-stream", true, Buffer.buffer("\r\n"), Envelope::event);

    /** A page in a hidden frame, whose scripts call what the page around it has prepared. */
    static Envelope htmlFile(String callback) {
        String page =
                """
                <!doctype html>
                <html><head><meta charset="UTF-8"><title>htmlfile</title></head><body>
                <script>
                var c = parent.%s;
                c.start();
                function p(frame) { c.message(frame); }
                window.onload = c.stop;
                </script>
                """
                        .formatted(callback);
        String padded = page + " ".repeat(Math.max(0, PAGE_BYTES_MIN - page.length())) + "\r\n\r\n";
        return new Envelope(
                SockJsTransport.HTMLFILE,
                "text/html; charset=UTF-8",
                true,
                Buffer.buffer(padded),
                frame -> Buffer.buffer("<script>\np(")
                        .appendBuffer(Quoting.quoteForScript(frame))
                        .appendString(");\n</script>\r\n"));
    }

    /** A script that calls a function of the page's; the comment keeps the name from being taken for another format. */
    static Envelope jsonp(String callback) {
        return new Envelope(
                SockJsTransport.JSONP, SCRIPT, false, Buffer.buffer(), frame -> Buffer.buffer("/**/" + callback + "(")
                        .appendBuffer(Quoting.quoteForScript(frame))
                        .appendString(");\r\n"));
    }

    /** A frame as it goes out. */
    Buffer wrap(Buffer frame) {
        return wrapping.apply(frame);
    }

    private static Buffer line(Buffer frame) {
        return frame.appendString("\n");
    }

    /** The client takes what it gets for percent-encoded. */
    private static Buffer event(Buffer frame) {
        Buffer event = Buffer.buffer(frame.length() + 16).appendString("data: ");
        int clean = 0;
        for (int i = 0; i < frame.length(); i++) {
            if (frame.getByte(i) == '%') {
                event.appendBuffer(frame, clean, i - clean).appendString("%25");
                clean = i + 1;
            }
        }
        return event.appendBuffer(frame, clean, frame.length() - clean).appendString("\r\n\r\n");
    }
}
