/** The client's side of a WebSocket as all lean clients of the benchmarks share it. Confined to whoever owns the connection. */
@NullMarked
package fanfare.deploy.bench.socket;

import org.jspecify.annotations.NullMarked;
