/**
 * Benchmarks, each on processes of its own. The main thread tells the story and blocks; clients and the broker are confined
 * to the event loop of {@link fanfare.deploy.bench.Loop}.
 */
@NullMarked
package fanfare.deploy.bench;

import org.jspecify.annotations.NullMarked;
