package fanfare.gateway;

import fanfare.testing.PushTransport;

class JsonpIT extends TransportContract {
    JsonpIT() {
        super(PushTransport.JSONP);
    }
}
