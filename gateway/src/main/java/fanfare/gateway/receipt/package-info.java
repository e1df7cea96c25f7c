/**
 * What this gateway saw of publications for which a receipt was asked. {@link Reports} is confined to one hub's event loop,
 * {@link Collector} to the node loop; where nobody asks for receipts, neither is ever called.
 */
@NullMarked
package fanfare.gateway.receipt;

import org.jspecify.annotations.NullMarked;
