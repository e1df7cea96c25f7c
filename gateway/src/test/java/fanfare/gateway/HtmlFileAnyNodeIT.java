package fanfare.gateway;

import fanfare.testing.PushTransport;

/** The same with two gateways that get one request each in turn. */
class HtmlFileAnyNodeIT extends TransportContract {
    HtmlFileAnyNodeIT() {
        super(PushTransport.HTMLFILE, 2);
    }
}
