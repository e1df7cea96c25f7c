package fanfare.gateway.auth;

import io.netty.util.NetUtil;
import io.vertx.core.http.HttpServerRequest;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where a browser really is: what proxies say counts only as far as they are trusted. Immutable; asks no DNS. */
public final class ClientAddress {
    /** A network such as {@code 10.0.0.0/8}. */
    public static final class Network {
        private final byte[] address;
        private final int bits;

        private Network(byte[] address, int bits) {
            this.address = address;
            this.bits = bits;
        }

        /** The network in an entry of {@code FANFARE_TRUSTED_PROXIES}; null if it is none. */
        public static @Nullable Network parse(String text) {
            String[] parts = text.split("/", 2);
            byte[] address = bytes(parts[0]);
            if (address == null) {
                return null;
            }
            int bits = address.length * 8;
            if (parts.length == 2) {
                if (!parts[1].matches("\\d{1,3}") || Integer.parseInt(parts[1]) > bits) {
                    return null;
                }
                bits = Integer.parseInt(parts[1]);
            }
            return new Network(address, bits);
        }

        boolean contains(byte[] other) {
            if (other.length != address.length) {
                return false;
            }
            for (int bit = 0; bit < bits; bit += 8) {
                int mask = bits - bit >= 8 ? 0xff : 0xff << (8 - (bits - bit));
                if (((address[bit / 8] ^ other[bit / 8]) & mask & 0xff) != 0) {
                    return false;
                }
            }
            return true;
        }
    }

    private final List<Network> trusted;

    public ClientAddress(List<Network> trusted) {
        this.trusted = trusted;
    }

    /** The address of the browser behind a request. */
    public String of(HttpServerRequest request) {
        return of(request.remoteAddress().hostAddress(), request.headers().getAll("X-Forwarded-For"));
    }

    /** The last address that no trusted proxy vouches for, read from the nearest hop backwards. */
    String of(@Nullable String peer, List<String> forwardedFor) {
        String address = peer == null ? "unknown" : peer;
        String[] hops = String.join(",", forwardedFor).split(",", -1);
        for (int i = hops.length - 1; i >= 0 && isTrusted(address); i--) {
            byte[] hop = bytes(hops[i].trim());
            if (hop == null) {
                break;
            }
            address = NetUtil.bytesToIpAddress(hop);
        }
        return address;
    }

    private boolean isTrusted(String address) {
        byte[] bytes = bytes(address);
        return bytes != null && trusted.stream().anyMatch(network -> network.contains(bytes));
    }

    private static byte @Nullable [] bytes(String text) {
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(text);
        if (bytes == null || bytes.length == 4) {
            return bytes;
        }
        // An IPv4 peer on a dual-stack socket has a mapped address, and is the same peer.
        InetAddress address = NetUtil.createInetAddressFromIpAddressString(text);
        return address == null ? null : address.getAddress();
    }
}
