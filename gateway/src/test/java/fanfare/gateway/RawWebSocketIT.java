package fanfare.gateway;

import fanfare.testing.PushTransport;

class RawWebSocketIT extends TransportContract {
    RawWebSocketIT() {
        super(PushTransport.RAW_WEBSOCKET);
    }
}
