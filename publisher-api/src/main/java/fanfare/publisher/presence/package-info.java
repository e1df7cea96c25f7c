/** The two reads of who is online. Handlers are confined to one event loop. */
@NullMarked
package fanfare.publisher.presence;

import org.jspecify.annotations.NullMarked;
