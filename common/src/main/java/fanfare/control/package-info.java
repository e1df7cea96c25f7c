/** Orders to all gateways. Everything here is confined to the event loop of the link that it uses. */
@NullMarked
package fanfare.control;

import org.jspecify.annotations.NullMarked;
