package fanfare.gateway;

import fanfare.testing.PushTransport;

class XhrStreamingIT extends TransportContract {
    XhrStreamingIT() {
        super(PushTransport.XHR_STREAMING);
    }
}
