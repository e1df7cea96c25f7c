package fanfare.gateway;

import fanfare.testing.PushTransport;

class HtmlFileIT extends TransportContract {
    HtmlFileIT() {
        super(PushTransport.HTMLFILE);
    }
}
