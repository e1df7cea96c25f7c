package fanfare.gateway.auth;

import fanfare.config.Env;
import io.netty.util.NetUtil;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which IP address a request comes from: the peer's, which a head of the PROXY protocol may have announced, or, where that
 * is a proxy of ours, the last one in {@code X-Forwarded-For} that is not. What stands left of that could have been written
 * by anybody. Immutable.
 */
public final class ClientAddress {
    static final String SETTING = "FANFARE_TRUSTED_PROXIES";
    private static final String UNKNOWN = "0.0.0.0";
    /** Some proxies write the port as well, {@code 1.2.3.4:567} or {@code [::1]:567}. */
    private static final Pattern WITH_PORT =
            Pattern.compile("(?:(\\d{1,3}(?:\\.\\d{1,3}){3})(?::\\d{1,5})?|\\[([0-9A-Fa-f:.]{2,45})](?::\\d{1,5})?)");

    private final List<IpRange> trusted;

    private ClientAddress(List<IpRange> trusted) {
        this.trusted = List.copyOf(trusted);
    }

    public static ClientAddress from(Env env) {
        List<IpRange> trusted = new ArrayList<>();
        for (String entry : env.list(SETTING, "")) {
            IpRange range = IpRange.parse(entry);
            if (range == null) {
                env.mistake(
                        SETTING,
                        "'" + entry + "' is no range of addresses such as 10.0.0.0/8, fd00::/8 or 127.0.0.1"
                                + " (nothing set beyond the mask)");
            } else {
                trusted.add(range);
            }
        }
        return new ClientAddress(trusted);
    }

    /** Whether no proxy is trusted. */
    boolean trustsNobody() {
        return trusted.isEmpty();
    }

    /** Whether a peer is a proxy of ours. */
    boolean trusts(@Nullable SocketAddress peer) {
        String host = host(peer);
        byte[] address = host == null ? null : IpRange.address(host);
        return address != null && isTrusted(address);
    }

    /** The address of the browser, without port; {@code 0.0.0.0} if the connection is gone or has none. */
    public String of(HttpServerRequest request) {
        String peer = host(request.remoteAddress());
        if (peer == null) {
            // A proxy may announce a UNIX socket, which is no address; then its own counts.
            peer = host(request.connection().remoteAddress(true));
        }
        return of(peer == null ? UNKNOWN : peer, request.headers().getAll("X-Forwarded-For"));
    }

    String of(String peer, List<String> forwardedFor) {
        byte[] address = IpRange.address(peer);
        if (address == null) {
            return UNKNOWN;
        }
        String hops = String.join(",", forwardedFor);
        int end = hops.length();
        while (end > 0 && isTrusted(address)) {
            int comma = hops.lastIndexOf(',', end - 1);
            byte[] before = hop(hops.substring(comma + 1, end).trim());
            if (before == null) {
                break;
            }
            address = before;
            end = comma;
        }
        return NetUtil.bytesToIpAddress(address);
    }

    private static @Nullable String host(@Nullable SocketAddress address) {
        return address == null ? null : address.hostAddress();
    }

    private boolean isTrusted(byte[] address) {
        return trusted.stream().anyMatch(range -> range.contains(address));
    }

    private static byte @Nullable [] hop(String entry) {
        Matcher matcher = WITH_PORT.matcher(entry);
        if (!matcher.matches()) {
            return IpRange.address(entry);
        }
        return IpRange.address(matcher.group(1) != null ? matcher.group(1) : matcher.group(2));
    }
}
