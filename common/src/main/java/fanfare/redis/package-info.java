/** Everything that knows Redis' keys, scripts and connections. A link is confined to the event loop that made it. */
@NullMarked
package fanfare.redis;

import org.jspecify.annotations.NullMarked;
