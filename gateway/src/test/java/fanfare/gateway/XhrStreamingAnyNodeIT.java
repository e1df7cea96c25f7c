package fanfare.gateway;

import fanfare.testing.PushTransport;

/** The same with two gateways that get one request each in turn. */
class XhrStreamingAnyNodeIT extends TransportContract {
    XhrStreamingAnyNodeIT() {
        super(PushTransport.XHR_STREAMING, 2);
    }
}
