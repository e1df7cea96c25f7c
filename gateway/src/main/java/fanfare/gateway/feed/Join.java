package fanfare.gateway.feed;

import fanfare.broker.Evidence;
import fanfare.broker.Fence;
import fanfare.gateway.session.Hub;
import fanfare.gateway.session.Start;
import fanfare.gateway.session.Subscription;
import org.jspecify.annotations.Nullable;

/**
 * A session that comes to a channel.
 *
 * @param evidence by which a reading can tell whether the session misses something
 * @param fence as it was found for one that resumes; null for a newcomer
 * @param losses lost links until then: one more, and it could be another Redis that is read
 */
record Join(Hub hub, Subscription subscription, Start start, Evidence evidence, @Nullable Fence fence, int losses) {}
