/** {@code POST /v1/publish} and {@code /v1/batch}. Handlers are confined to one event loop, requests are immutable. */
@NullMarked
package fanfare.publisher.publish;

import org.jspecify.annotations.NullMarked;
