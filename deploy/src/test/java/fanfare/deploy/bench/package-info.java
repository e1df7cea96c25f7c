/** Benchmarks with tiny numbers: that they run and what they print, never how fast they are. */
@NullMarked
package fanfare.deploy.bench;

import org.jspecify.annotations.NullMarked;
