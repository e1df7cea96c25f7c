/**
 * Many users on raw WebSockets in a process of their own, since a process has file descriptors for one such crowd only, and
 * with as little work a message as can be, since it shares the machine with what is measured. Confined to one event loop.
 */
@NullMarked
package fanfare.deploy.bench.audience;

import org.jspecify.annotations.NullMarked;
