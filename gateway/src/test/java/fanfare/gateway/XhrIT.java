package fanfare.gateway;

import fanfare.testing.PushTransport;

class XhrIT extends TransportContract {
    XhrIT() {
        super(PushTransport.XHR);
    }
}
