/**
 * The wire protocols by which browsers reach a session: SockJS's transports and the raw WebSocket, one class a
 * transport. Confined to event loops: a fallback session lives on the loop of its first request, and each of its
 * requests on its own.
 */
@NullMarked
package fanfare.gateway.sockjs;

import org.jspecify.annotations.NullMarked;
