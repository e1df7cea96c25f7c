/** What every HTTP server here does alike: problems, health, metrics, bounds on slow peers. Confined to event loops. */
@NullMarked
package fanfare.http;

import org.jspecify.annotations.NullMarked;
