package fanfare.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SentinelsTest {
    @Test
    void serversAndNameAreRead() {
        assertThat(Sentinels.parse("redis-sentinel://a:26379,10.0.0.2:2/my-master"))
                .isEqualTo(new Sentinels("redis", "", List.of("a:26379", "10.0.0.2:2"), "my-master"));
    }

    @Test
    void credentialsAreThoseOfTheServers() {
        assertThat(Sentinels.parse("redis-sentinel://user:p,w@a:1,b:2/m"))
                .isEqualTo(new Sentinels("redis", "user:p,w@", List.of("a:1", "b:2"), "m"));
    }

    @Test
    void tlsIsSpokenWithSentinelsAndServers() {
        Sentinels sentinels = Sentinels.parse("rediss-sentinel://user:p@a:1/m");
        assertThat(sentinels).isEqualTo(new Sentinels("rediss", "user:p@", List.of("a:1"), "m"));
        assertThat(sentinels.url("a:1")).isEqualTo("rediss://a:1");
        assertThat(sentinels.urlWithCredentials("b:2")).isEqualTo("rediss://user:p@b:2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis://a:1",
                "redis-sentinel://a:1",
                "redis-sentinel://a/m",
                "redis-sentinel://a:1,b/m",
                "redis-sentinel://a:1/",
                "redis-sentinel:///m",
                "redis-sentinel://a:1,/m"
            })
    void anythingElseIsNotThat(String url) {
        assertThat(Sentinels.parse(url)).isNull();
    }

    @Test
    void theSettingTakesItAndHidesThePassword() {
        Env env = new Env(Map.of("FANFARE_REDIS_URL", "redis-sentinel://user:secret@a:1,b:2/m"));
        assertThat(env.check(RedisConfig.from(env)).url()).startsWith("redis-sentinel://");
        assertThat(env.table())
                .contains("redis-sentinel://(redacted)@a:1,b:2/m")
                .doesNotContain("secret");
    }

    @Test
    void aUrlWithoutANameIsAMistake() {
        Env env = new Env(Map.of("FANFARE_REDIS_URL", "redis-sentinel://a:1,b:2"));
        RedisConfig config = RedisConfig.from(env);
        assertThatThrownBy(() -> env.check(config)).hasMessageContaining("redis-sentinel://host:port,host:port/name");
    }
}
