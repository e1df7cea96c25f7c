/** {@code GET /v1/stats}. Handlers are confined to one event loop. */
@NullMarked
package fanfare.publisher.stats;

import org.jspecify.annotations.NullMarked;
