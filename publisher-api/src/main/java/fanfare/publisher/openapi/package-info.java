/** {@code GET /v1/openapi.yaml}. Handlers are confined to one event loop. */
@NullMarked
package fanfare.publisher.openapi;

import org.jspecify.annotations.NullMarked;
