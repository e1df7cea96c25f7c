/**
 * Any gateway serves any request of a fallback session: which gateway holds a session stands in Redis, and the others hand
 * its requests on. {@link fanfare.gateway.relay.Owners} is confined to the node loop, everything else to the event loop of
 * the request.
 */
@NullMarked
package fanfare.gateway.relay;

import org.jspecify.annotations.NullMarked;
