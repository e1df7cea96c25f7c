package fanfare.testing;

/** The ways in which a {@link PushClient} can talk to a gateway. */
public enum PushTransport {
    RAW_WEBSOCKET,
    SOCKJS_WEBSOCKET,
    XHR_STREAMING,
    EVENTSOURCE,
    HTMLFILE,
    XHR,
    JSONP
}
