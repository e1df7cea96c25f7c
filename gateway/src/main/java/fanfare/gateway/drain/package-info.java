/** How a gateway leaves: its browsers at moments of their own, then itself. Safe on any thread. */
@NullMarked
package fanfare.gateway.drain;

import org.jspecify.annotations.NullMarked;
