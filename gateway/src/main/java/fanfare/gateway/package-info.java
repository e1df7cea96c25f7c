/** The process: settings, one verticle an event loop, start and graceful stop. */
@NullMarked
package fanfare.gateway;

import org.jspecify.annotations.NullMarked;
