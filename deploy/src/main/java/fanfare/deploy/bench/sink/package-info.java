/**
 * WebSockets by the thousand that only count what comes, at next to no cost, so that what serves them has the machine. Their
 * process listens for orders on an event loop of Vert.x; sockets and counts are confined to the one thread of
 * {@link fanfare.deploy.bench.sink.SinkLoop}.
 */
@NullMarked
package fanfare.deploy.bench.sink;

import org.jspecify.annotations.NullMarked;
