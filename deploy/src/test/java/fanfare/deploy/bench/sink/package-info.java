/** What sinks read. */
@NullMarked
package fanfare.deploy.bench.sink;

import org.jspecify.annotations.NullMarked;
