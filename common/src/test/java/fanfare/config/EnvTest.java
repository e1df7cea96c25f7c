package fanfare.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EnvTest {
    @ParameterizedTest
    @CsvSource({"500ms, 500", "10s, 10000", "5m, 300000", "1h, 3600000", "0s, 0"})
    void readsDurations(String text, long ms) {
        assertThat(duration(text)).isEqualTo(Duration.ofMillis(ms));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "10", "s", "-1s", "1.5s", "10 s", "25h", "10S"})
    void refusesWhatIsNoDurationInRange(String text) {
        assertThatThrownBy(() -> duration(text))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("FANFARE_WAIT is '" + text + "'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"FANFARE", "FANFARE_GATEWAY", "FANFARE_PORT", "FANFARE_SERVICE"})
    void leavesNamesAloneThatKubernetesInjects(String service) {
        Map<String, String> injected = Map.of(
                service + "_SERVICE_HOST",
                "10.0.0.1",
                service + "_SERVICE_PORT",
                "8080",
                service + "_SERVICE_PORT_HTTP",
                "8080",
                service + "_PORT",
                "tcp://10.0.0.1:8080",
                service + "_PORT_8080_TCP",
                "tcp://10.0.0.1:8080",
                service + "_PORT_8080_TCP_PROTO",
                "tcp",
                service + "_PORT_8080_TCP_PORT",
                "8080",
                service + "_PORT_8080_TCP_ADDR",
                "10.0.0.1",
                "OTHER",
                "x");
        assertThat(new Env(injected).check("fine")).isEqualTo("fine");
    }

    @ParameterizedTest
    @CsvSource({
        "FANFARE_PORT, 8081",
        "FANFARE_MANAGMENT_PORT, 9999",
        "FANFARE_SERVICE_PORT, 8081",
        "FANFARE_SERVICE_HOST, 0.0.0.0",
        "FANFARE_GATEWAY_PORT_8080_TCP, tcp://10.0.0.1:8080",
        "FANFARE_GATEWAYS_PORT, 8081"
    })
    void refusesNamesThatOnlyLookAsIfKubernetesHadInjectedThem(String name, String value) {
        Env env = new Env(Map.of(name, value, "FANFARE_GATEWAY_X_PORT", "tcp://10.0.0.1:8080"));
        assertThatThrownBy(() -> env.check("not fine")).hasMessageContaining(name + " is not a setting");
    }

    @Test
    void namesTheNearestSettingForOneThatIsUnknown() {
        Env env = new Env(Map.of("FANFARE_REDIS_URI", "x"));
        RedisConfig.from(env);
        assertThatThrownBy(() -> env.check("not fine"))
                .hasMessage("FANFARE_REDIS_URI is not a setting; did you mean FANFARE_REDIS_URL?");
    }

    @Test
    void keepsSecretsOutOfTheLog() {
        Env env = new Env(Map.of("FANFARE_REDIS_URL", "redis://user:pass@host:1/0", "FANFARE_S", "secret"));
        RedisConfig.from(env);
        env.secret("FANFARE_S", "");
        assertThat(env.table()).contains("redis://(redacted)@host:1/0").doesNotContain("pass", "secret");
        Env unescaped = new Env(Map.of("FANFARE_REDIS_URL", "redis://:pa/s@s@host:1"));
        RedisConfig.from(unescaped);
        assertThat(unescaped.table()).contains("redis://(redacted)@host:1").doesNotContain("pa/s");
    }

    /** The client takes user and password from there as well. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis://host:1?user=me&password=hush",
                "redis://host/?pass%77ord=hush",
                "redis://host?password=me@hush",
                "redis://:hu?sh@host",
                "redis://host:0?password=hush"
            })
    void keepsTheQueryOfAUrlOutOfTheLog(String url) {
        Env env = new Env(Map.of("FANFARE_REDIS_URL", url));
        RedisConfig config = RedisConfig.from(env);
        env.mistake("FANFARE_REDIS_URL", "it is quoted");
        assertThat(env.table() + config).contains("redis://").doesNotContain("hu");
        assertThatThrownBy(() -> env.check(config))
                .hasMessageContaining("FANFARE_REDIS_URL is 'redis://")
                .hasMessageNotContaining("hu");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis://:pa/ss@host:1",
                "redis://:pass%zz@host:1",
                "redis://host:x",
                "redis://my_host:1",
                "redis://host:0",
                "redis://host:99999",
                "redis://host:6379/prod",
                "redis://host:6379/0/",
                "redis://host?db=",
                "redis-sentinel://host:1,host:65536/m",
                "redis-cluster://host:1,host:0",
                "redis-cluster://host:1/1",
                "redis-sentinel://my_host:1/m",
                "redis-sentinel://:pass%zz@host:1/m",
                "http://host:1"
            })
    void aUrlThatTheClientCannotReadIsAMistakeAndNotQuoted(String url) {
        Env env = new Env(Map.of("FANFARE_REDIS_URL", url));
        RedisConfig config = RedisConfig.from(env);
        assertThatThrownBy(() -> env.check(config))
                .hasMessageContaining("FANFARE_REDIS_URL is '")
                .hasMessageNotContainingAny("pa/ss", "pass%");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis://host",
                "rediss://u%40b:p%2Fw@10.0.0.1:6379/0",
                "redis://host:6379/?db=0",
                "redis://:p@[::1]:6379?max=1",
                "redis-sentinel://:p,w@a:1,b:2/m"
            })
    void whatTheClientCanReadIsNoMistake(String url) {
        Env env = new Env(Map.of("FANFARE_REDIS_URL", url));
        assertThat(env.check(RedisConfig.from(env)).url()).isEqualTo(url);
    }

    private static Duration duration(String text) {
        Env env = new Env(Map.of("FANFARE_WAIT", text));
        return env.check(env.duration("FANFARE_WAIT", Duration.ofSeconds(1), Duration.ZERO, Duration.ofHours(24)));
    }
}
