/**
 * What arrives from Redis: subscriptions, one position a channel, gaps filled. Confined to the gateway's node loop, and
 * the only package that crosses loops: hubs hand it joins, it hands them publications.
 */
@NullMarked
package fanfare.gateway.feed;

import org.jspecify.annotations.NullMarked;
