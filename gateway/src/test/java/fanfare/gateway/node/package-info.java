/** The arithmetic of a gateway among others. */
@NullMarked
package fanfare.gateway.node;

import org.jspecify.annotations.NullMarked;
