/**
 * Tells the site who came and who went. One publisher at a time does it, on one event loop, to which everything here is
 * confined save what a class says of other threads.
 */
@NullMarked
package fanfare.publisher.webhook;

import org.jspecify.annotations.NullMarked;
