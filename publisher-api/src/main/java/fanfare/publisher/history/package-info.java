/** {@code GET /v1/users/{user}/history}. Handlers are confined to one event loop, the rest is immutable. */
@NullMarked
package fanfare.publisher.history;

import org.jspecify.annotations.NullMarked;
