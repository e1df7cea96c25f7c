/** {@code POST /v1/disconnect}. Handlers are confined to one event loop, requests are immutable. */
@NullMarked
package fanfare.publisher.disconnect;

import org.jspecify.annotations.NullMarked;
