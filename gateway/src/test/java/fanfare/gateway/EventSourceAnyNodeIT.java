package fanfare.gateway;

import fanfare.testing.PushTransport;

/** The same with two gateways that get one request each in turn. */
class EventSourceAnyNodeIT extends TransportContract {
    EventSourceAnyNodeIT() {
        super(PushTransport.EVENTSOURCE, 2);
    }
}
