package fanfare.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterSeedsTest {
    @Test
    void aUrlNamesServersAndWhatAllOfThemAreTold() {
        ClusterSeeds seeds = ClusterSeeds.parse("rediss-cluster://user:p@a:1,b:2");
        assertThat(seeds).isEqualTo(new ClusterSeeds("rediss", "user:p@", List.of("a:1", "b:2")));
        assertThat(seeds.url("c:3")).isEqualTo("rediss://user:p@c:3");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis://a:1",
                "redis-cluster://a",
                "redis-cluster://a:1,",
                "redis-cluster://a:1/m",
                "redis-cluster://"
            })
    void anythingElseIsNotThat(String url) {
        assertThat(ClusterSeeds.parse(url)).isNull();
    }

    @Test
    void theSettingTakesItAndHidesThePassword() {
        Env env = new Env(Map.of("FANFARE_REDIS_URL", "redis-cluster://user:secret@a:1,b:2"));
        assertThat(env.check(RedisConfig.from(env)).url()).startsWith("redis-cluster://");
        assertThat(env.table()).contains("redis-cluster://(redacted)@a:1,b:2").doesNotContain("secret");
    }
}
