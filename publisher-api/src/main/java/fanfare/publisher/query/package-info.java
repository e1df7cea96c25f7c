/** What several calls read behind the question mark. Stateless. */
@NullMarked
package fanfare.publisher.query;

import org.jspecify.annotations.NullMarked;
