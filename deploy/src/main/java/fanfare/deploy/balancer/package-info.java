/** The development balancer. Confined to its one event loop. */
@NullMarked
package fanfare.deploy.balancer;

import org.jspecify.annotations.NullMarked;
