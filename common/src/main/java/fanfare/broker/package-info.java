/** Publishing to a channel and reading what it kept. Everything here is confined to the event loop that made it. */
@NullMarked
package fanfare.broker;

import org.jspecify.annotations.NullMarked;
