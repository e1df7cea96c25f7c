package fanfare.publisher;

import fanfare.broker.BrokerLimits;
import fanfare.broker.Durability;
import fanfare.config.Env;
import fanfare.config.RedisConfig;
import fanfare.process.LogFormat;
import fanfare.process.Parent;
import fanfare.publisher.auth.KeyHandler;
import fanfare.publisher.auth.Keyring;
import fanfare.publisher.auth.Rate;
import fanfare.publisher.json.JsonBody;
import fanfare.publisher.webhook.WebhookConfig;
import fanfare.tls.TlsConfig;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Everything an operator may set on a publisher.
 *
 * @param listenHost address of both ports
 * @param tls of the listening port only
 * @param parentPid process whose death ends this one, 0 for none
 * @param keysFile path of the API keys, null if there is only the development key
 * @param devKey {@code keyId.secret} that may do everything from this machine, null for none
 * @param durability what a publication that does not say gets
 * @param receiptTtl for how long it is noted down what becomes of a publication, if its caller asks for that
 * @param bodyBytesPendingMax of the bodies of requests that are not answered yet
 * @param rate of each key that has none of its own
 * @param webhooks how the site is told who comes and goes, null if it is not
 */
record PublisherConfig(
        String listenHost,
        int listenPort,
        int managementPort,
        TlsConfig tls,
        int parentPid,
        @Nullable String keysFile,
        @Nullable String devKey,
        Durability durability,
        Duration receiptTtl,
        int bodyBytesPendingMax,
        Rate rate,
        RedisConfig redis,
        BrokerLimits limits,
        @Nullable WebhookConfig webhooks,
        LogFormat logFormat) {
    /** Reads and checks the settings, all mistakes at once. */
    static PublisherConfig from(Env env) {
        String listenHost = env.text("FANFARE_LISTEN_HOST", "0.0.0.0");
        String keysFile = env.text("FANFARE_KEYS_FILE", "");
        int listenPort = env.integer("FANFARE_LISTEN_PORT", 8090, 0, 65_535);
        int managementPort = env.integer("FANFARE_MANAGEMENT_PORT", 9090, 0, 65_535);
        env.apart("FANFARE_MANAGEMENT_PORT", managementPort, "FANFARE_LISTEN_PORT", listenPort);
        return env.check(new PublisherConfig(
                listenHost,
                listenPort,
                managementPort,
                TlsConfig.from(env),
                Parent.pid(env),
                keysFile.isEmpty() ? null : keysFile,
                devKey(env, listenHost, keysFile),
                env.choice("FANFARE_DURABILITY", Durability.MASTER),
                env.duration("FANFARE_RECEIPT_TTL", Duration.ofHours(1), Duration.ofMinutes(1), Duration.ofDays(7)),
                env.integer("FANFARE_BODY_BYTES_PENDING_MAX", 64 << 20, 2 * JsonBody.BYTES_MAX, 1 << 30),
                Rate.from(env),
                RedisConfig.from(env),
                BrokerLimits.from(env),
                WebhookConfig.from(env),
                LogFormat.of(env)));
    }

    private static @Nullable String devKey(Env env, String listenHost, String keysFile) {
        String key = env.secret("FANFARE_DEV_KEY", "");
        if (key.isEmpty()) {
            if (keysFile.isEmpty()) {
                env.mistake("FANFARE_KEYS_FILE", "nobody could publish; it takes the path of the API keys");
            }
            return null;
        }
        if (!Keyring.isKey(key)) {
            env.mistake("FANFARE_DEV_KEY", "it takes keyId.secret");
        }
        if (!KeyHandler.isLoopback(listenHost)) {
            env.mistake(
                    "FANFARE_DEV_KEY", "it is refused unless FANFARE_LISTEN_HOST is localhost or a loopback address");
        }
        return Keyring.isKey(key) ? key : null;
    }
}
