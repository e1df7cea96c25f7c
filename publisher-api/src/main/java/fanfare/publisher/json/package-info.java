/** Request bodies, read strictly and once. A body is confined to the request it belongs to. */
@NullMarked
package fanfare.publisher.json;

import org.jspecify.annotations.NullMarked;
