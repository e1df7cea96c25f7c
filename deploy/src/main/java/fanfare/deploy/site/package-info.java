/** The demo site, which plays the site's own backend. Confined to its one event loop. */
@NullMarked
package fanfare.deploy.site;

import org.jspecify.annotations.NullMarked;
