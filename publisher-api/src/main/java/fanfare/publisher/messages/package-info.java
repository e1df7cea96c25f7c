/** {@code GET /v1/messages/{id}}. Handlers are confined to one event loop, the rest is immutable. */
@NullMarked
package fanfare.publisher.messages;

import org.jspecify.annotations.NullMarked;
