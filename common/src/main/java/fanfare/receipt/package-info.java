/**
 * Receipts: what became of a publication, by channel and connection. The publisher notes down that it is stored, gateways
 * report what they see of it, and whoever asks reads both. Writers and readers are confined to the event loop of their
 * link, the rest is immutable.
 *
 * <p>A receipt is one hash for all publications with an id, see {@link fanfare.redis.Keys#receipt}:
 *
 * <pre>
 * channel CHANNEL              JSON: position, stored, expires, routed, namespace, event
 * held CHANNEL NODE            "sessions ms": a gateway had so many sessions on the channel at that moment
 * on CHANNEL CONNECTION        "written NODE TRANSPORT ms acknowledgedMs USER", "-" for what did not come; or the reason
 * count CHANNEL STATE          connections, those that have no entry of their own included
 * channels                     number of CHANNELs, see {@link fanfare.receipt.ReceiptWriter#CHANNELS_MAX}
 * connections                  number of entries, see {@link fanfare.receipt.ReceiptWriter#CONNECTIONS_MAX}
 * seen GATEWAY                 number of the last call of one run of a gateway
 * </pre>
 */
@NullMarked
package fanfare.receipt;

import org.jspecify.annotations.NullMarked;
