/** The launcher: starts every process of the cluster, waits for it, stops it. Confined to the main thread and the exit hook. */
@NullMarked
package fanfare.deploy.dev;

import org.jspecify.annotations.NullMarked;
