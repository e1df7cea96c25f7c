/** The publisher's process: settings, servers, start and stop. A verticle is confined to its event loop. */
@NullMarked
package fanfare.publisher;

import org.jspecify.annotations.NullMarked;
