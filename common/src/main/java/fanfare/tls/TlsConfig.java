package fanfare.tls;

import fanfare.config.Env;
import java.util.List;

/**
 * What a process' public port shows of itself. The management port never has TLS: it is not for the public.
 *
 * @param certificateFile PEM, the process' own certificate first; empty for no TLS
 * @param keyFile PEM, the certificate's private key, without a password
 */
public record TlsConfig(String certificateFile, String keyFile) {
    public static final String CERTIFICATE_FILE = "FANFARE_TLS_CERTIFICATE_FILE";
    private static final String KEY_FILE = "FANFARE_TLS_KEY_FILE";

    public static TlsConfig from(Env env) {
        TlsConfig config = new TlsConfig(env.text(CERTIFICATE_FILE, ""), env.text(KEY_FILE, ""));
        if (config.certificateFile.isEmpty() != config.keyFile.isEmpty()) {
            env.mistake(
                    config.keyFile.isEmpty() ? KEY_FILE : CERTIFICATE_FILE,
                    "certificate and key go together: set both");
        }
        return config;
    }

    public boolean isOn() {
        return !certificateFile.isEmpty();
    }

    List<String> files() {
        return List.of(certificateFile, keyFile);
    }
}
