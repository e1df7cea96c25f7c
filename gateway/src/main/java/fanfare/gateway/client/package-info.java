/** What pages load from a gateway: our client and the SockJS client. Immutable after the start. */
@NullMarked
package fanfare.gateway.client;

import org.jspecify.annotations.NullMarked;
