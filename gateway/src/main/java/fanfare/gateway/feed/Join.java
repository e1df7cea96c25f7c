package fanfare.gateway.feed;

import fanfare.gateway.session.Subscription;

/** A session that comes to a channel. */
record Join(Courier courier, Subscription subscription, Claim claim) {}
