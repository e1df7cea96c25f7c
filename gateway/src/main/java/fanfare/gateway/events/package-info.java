/**
 * EventSource without SockJS: {@code GET /events} (HTML standard, 9.2). Confined to the event loop of the request.
 */
@NullMarked
package fanfare.gateway.events;

import org.jspecify.annotations.NullMarked;
