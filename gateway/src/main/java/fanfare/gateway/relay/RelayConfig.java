package fanfare.gateway.relay;

import fanfare.config.Env;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Set;

/**
 * How gateways reach each other.
 *
 * @param host where the others find this one
 * @param port 0 for any free one
 * @param secret what gateways prove themselves with; empty if sessions are not handed on
 */
public record RelayConfig(String host, int port, String secret) {
    static final int SECRET_LENGTH_MIN = 16;

    private static final String SECRET_FILE = "FANFARE_RELAY_SECRET_FILE";
    private static final Set<String> EVERY_ADDRESS = Set.of("0.0.0.0", "::", "[::]");

    /** {@code listenHost} is the address that the ports are bound to. */
    public static RelayConfig from(Env env, String listenHost) {
        String own = EVERY_ADDRESS.contains(listenHost) ? localAddress() : listenHost;
        RelayConfig config = new RelayConfig(
                env.text("FANFARE_RELAY_HOST", own), env.integer("FANFARE_RELAY_PORT", 7080, 0, 65_535), secret(env));
        if (config.isOn() && EVERY_ADDRESS.contains(listenHost) && isLoopback(config.host())) {
            env.mistake(
                    "FANFARE_RELAY_HOST", "no other machine finds this one at " + config.host() + "; name its address");
        }
        return config;
    }

    private static boolean isLoopback(String host) {
        return host.startsWith("127.") || host.equals("localhost") || host.equals("::1") || host.equals("[::1]");
    }

    public boolean isOn() {
        return !secret.isEmpty();
    }

    private static String secret(Env env) {
        String secret = env.secretFile(SECRET_FILE);
        if (!secret.isEmpty()
                && (secret.length() < SECRET_LENGTH_MIN || !secret.chars().allMatch(c -> c > ' ' && c < 0x7f))) {
            env.mistake(
                    SECRET_FILE, "the file must hold at least " + SECRET_LENGTH_MIN + " printable ASCII characters");
            return "";
        }
        return secret;
    }

    private static String localAddress() {
        try {
            return InetAddress.getLocalHost().getHostAddress();
        } catch (UnknownHostException e) {
            return InetAddress.getLoopbackAddress().getHostAddress();
        }
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "RelayConfig[" + host + ":" + port + ", " + (isOn() ? "on" : "off") + "]";
    }
}
