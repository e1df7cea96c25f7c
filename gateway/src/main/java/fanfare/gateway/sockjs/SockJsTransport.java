package fanfare.gateway.sockjs;

import java.util.Locale;

/** The transports by which browsers may come, named as {@code FANFARE_TRANSPORTS} and the metrics name them. */
public enum SockJsTransport {
    WEBSOCKET,
    RAW_WEBSOCKET,
    XHR_STREAMING,
    EVENTSOURCE,
    HTMLFILE,
    XHR,
    JSONP,
    /** EventSource without SockJS. */
    EVENTS;

    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
