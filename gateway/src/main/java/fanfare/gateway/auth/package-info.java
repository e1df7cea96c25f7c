/**
 * Who may connect: what the site says about a browser's cookies, which origins are let in, how much one address may do.
 * The {@link fanfare.gateway.auth.SiteAuthenticator} and all behind it are confined to the gateway's node loop;
 * {@link fanfare.gateway.auth.AddressLimits} and {@link fanfare.gateway.auth.ProxyHeads} are safe on any thread; everything
 * else is immutable.
 */
@NullMarked
package fanfare.gateway.auth;

import org.jspecify.annotations.NullMarked;
