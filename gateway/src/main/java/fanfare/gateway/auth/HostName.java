package fanfare.gateway.auth;

import io.netty.util.NetUtil;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The host in {@code host[:port]}, as {@code Host}, {@code Origin} and {@code Referer} carry it. Never looks up a name. */
final class HostName {
    private static final Pattern AUTHORITY =
            Pattern.compile("(\\[[0-9A-Fa-f:.]{2,45}]|[A-Za-z0-9._-]{1,254})(?::(\\d{0,5}))?");
    private static final Pattern NAME = Pattern.compile("[a-z0-9_-]{1,63}(\\.[a-z0-9_-]{1,63})*");
    private static final int PORT_MAX = 65_535;

    /** @param port -1 if there is none */
    record HostAndPort(String host, int port) {}

    private HostName() {}

    /** The host in one spelling: lower case, no dot at the end, IPv6 compressed in brackets; null if it is not a host. */
    static @Nullable String of(@Nullable String authority) {
        HostAndPort parsed = parse(authority);
        return parsed == null ? null : parsed.host();
    }

    static @Nullable HostAndPort parse(@Nullable String authority) {
        Matcher matcher = AUTHORITY.matcher(authority == null ? "" : authority);
        if (!matcher.matches()) {
            return null;
        }
        String host = canonical(matcher.group(1));
        String digits = matcher.group(2);
        int port = digits == null || digits.isEmpty() ? -1 : Integer.parseInt(digits);
        return host == null || port > PORT_MAX ? null : new HostAndPort(host, port);
    }

    private static @Nullable String canonical(String host) {
        if (host.startsWith("[")) {
            byte[] address = NetUtil.createByteArrayFromIpAddressString(host.substring(1, host.length() - 1));
            return address == null || address.length != 16 ? null : "[" + NetUtil.bytesToIpAddress(address) + "]";
        }
        String name = host.toLowerCase(Locale.ROOT);
        String rooted = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
        return NAME.matcher(rooted).matches() ? rooted : null;
    }
}
