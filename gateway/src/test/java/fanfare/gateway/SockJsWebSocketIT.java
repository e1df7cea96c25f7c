package fanfare.gateway;

import fanfare.testing.PushTransport;

class SockJsWebSocketIT extends TransportContract {
    SockJsWebSocketIT() {
        super(PushTransport.SOCKJS_WEBSOCKET);
    }
}
