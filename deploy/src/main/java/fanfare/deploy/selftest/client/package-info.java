/** The browsers and the site backends of the fault proof. All of it is confined to one event loop, {@code Loop}. */
@NullMarked
package fanfare.deploy.selftest.client;

import org.jspecify.annotations.NullMarked;
