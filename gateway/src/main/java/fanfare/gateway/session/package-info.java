/** The core: sessions, what they are subscribed to, what waits for them. Each is confined to its event loop. */
@NullMarked
package fanfare.gateway.session;

import org.jspecify.annotations.NullMarked;
