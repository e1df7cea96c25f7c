/** How a gateway leaves, with time passed in. */
@NullMarked
package fanfare.gateway.drain;

import org.jspecify.annotations.NullMarked;
