/** What browser and gateway say to each other, as JSON texts. Pure and immutable, safe on any thread. */
@NullMarked
package fanfare.gateway.protocol;

import org.jspecify.annotations.NullMarked;
