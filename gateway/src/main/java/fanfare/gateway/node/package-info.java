/** Who is on this gateway, across its event loops: admission, the users' connections, the site's commands. Confined to the node loop. */
@NullMarked
package fanfare.gateway.node;

import org.jspecify.annotations.NullMarked;
