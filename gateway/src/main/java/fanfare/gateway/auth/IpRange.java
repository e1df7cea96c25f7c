package fanfare.gateway.auth;

import io.netty.util.NetUtil;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A range of IP addresses, written {@code 10.0.0.0/8}, {@code fd00::/8}, or as a single address. */
final class IpRange {
    private static final Pattern CIDR = Pattern.compile("([0-9A-Fa-f:.]{2,45})(?:/(\\d{1,3}))?");
    /** How an IPv4 address looks to a socket that listens for both kinds: {@code ::ffff:1.2.3.4}. */
    private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1};

    private final byte[] network;
    private final int bits;

    private IpRange(byte[] network, int bits) {
        this.network = network;
        this.bits = bits;
    }

    static @Nullable IpRange parse(String text) {
        Matcher matcher = CIDR.matcher(text);
        byte[] network = matcher.matches() ? address(matcher.group(1)) : null;
        if (network == null) {
            return null;
        }
        int bits = matcher.group(2) == null ? network.length * 8 : Integer.parseInt(matcher.group(2));
        // Bits beyond the mask are a slip of the pen, and which of the two was meant cannot be told.
        return bits > network.length * 8 || !Arrays.equals(masked(network, bits), network)
                ? null
                : new IpRange(network, bits);
    }

    /** The bytes of an IP address, 4 or 16; IPv4 inside IPv6 is IPv4. Null for all else, names included. */
    static byte @Nullable [] address(String text) {
        int scope = text.indexOf('%');
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(scope < 0 ? text : text.substring(0, scope));
        boolean mapped = bytes != null && bytes.length == 16 && Arrays.equals(bytes, 0, 12, MAPPED, 0, 12);
        return mapped ? Arrays.copyOfRange(bytes, 12, 16) : bytes;
    }

    boolean contains(byte[] address) {
        return address.length == network.length && Arrays.equals(masked(address, bits), network);
    }

    static byte[] masked(byte[] address, int bits) {
        byte[] masked = new byte[address.length];
        for (int i = 0; i < address.length; i++) {
            int kept = Math.max(0, Math.min(8, bits - 8 * i));
            masked[i] = (byte) (address[i] & (0xff << (8 - kept)));
        }
        return masked;
    }
}
