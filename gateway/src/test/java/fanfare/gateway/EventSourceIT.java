package fanfare.gateway;

import fanfare.testing.PushTransport;

class EventSourceIT extends TransportContract {
    EventSourceIT() {
        super(PushTransport.EVENTSOURCE);
    }
}
