/**
 * Who a browser is, by the site's word, and whether its page may connect at all. The authenticator is confined to the node
 * loop; the rest is immutable, but for the limits per address, which all loops share.
 */
@NullMarked
package fanfare.gateway.auth;

import org.jspecify.annotations.NullMarked;
