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
 * Which IP address a request comes from: the peer's, or, where the peer is a proxy of ours, the last one in
 * {@code X-Forwarded-For} that is not. What stands left of that could have been written by anybody. Immutable.
 */
public final class ClientAddress {
    private static final String SETTING = "FANFARE_TRUSTED_PROXIES";
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

    /** The address of the browser, without port; {@code 0.0.0.0} if the connection is gone or has none. */
    public String of(HttpServerRequest request) {
        SocketAddress peer = request.remoteAddress();
        String address = peer == null ? null : peer.hostAddress();
        return of(address == null ? UNKNOWN : address, request.headers().getAll("X-Forwarded-For"));
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
