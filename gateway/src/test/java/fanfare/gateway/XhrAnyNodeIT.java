package fanfare.gateway;

import fanfare.testing.PushTransport;

/** The same with five gateways that get one request each in turn. */
class XhrAnyNodeIT extends TransportContract {
    XhrAnyNodeIT() {
        super(PushTransport.XHR, 5);
    }
}
