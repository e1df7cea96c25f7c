/**
 * How much each key may ask for. The buckets are in Redis and common to all publishers; what an event loop took out of
 * them ahead of its requests is confined to it.
 */
@NullMarked
package fanfare.publisher.rate;

import org.jspecify.annotations.NullMarked;
