package fanfare.gateway;

import fanfare.testing.PushTransport;

/** The same with two gateways that get one request each in turn. */
class JsonpAnyNodeIT extends TransportContract {
    JsonpAnyNodeIT() {
        super(PushTransport.JSONP, 2);
    }
}
