package fanfare.gateway.feed;

import fanfare.gateway.session.Hub;
import fanfare.gateway.session.Subscription;

/** A session that comes to a channel. */
record Join(Hub hub, Subscription subscription, Claim claim) {}
