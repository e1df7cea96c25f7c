package fanfare.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.redis.client.impl.RedisURI;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedisConfigTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "redis://gateway@redis:6379/0, redis://gateway:p%40s%2Bs%2F%3A%20%25@redis:6379/0",
        "rediss://redis:6379, rediss://:p%40s%2Bs%2F%3A%20%25@redis:6379",
        "'redis-sentinel://u@a:1,b:2/name', 'redis-sentinel://u:p%40s%2Bs%2F%3A%20%25@a:1,b:2/name'"
    })
    void putsThePasswordOfAFileIntoTheUrl(String url, String whole) throws IOException {
        Env env = new Env(Map.of("FANFARE_REDIS_URL", url, "FANFARE_REDIS_PASSWORD_FILE", file("p@s+s/: %\n")));
        RedisConfig config = env.check(RedisConfig.from(env));
        assertThat(config.url()).isEqualTo(whole);
        assertThat(config.toString() + env.table()).doesNotContain("p@s", "p%40s");
    }

    @Test
    void refusesTwoPasswordsAndNone() throws IOException {
        refuses("redis://u:p@redis:1", file("other"), "FANFARE_REDIS_URL has a password already");
        refuses("redis://u@redis:1", file("\n"), "the file is empty");
        refuses("redis://u@redis:1", folder.resolve("none").toString(), "the file cannot be read");
    }

    @ParameterizedTest
    @CsvSource({
        "redis://u+v:ab+cd@h, u+v, ab+cd",
        "redis://u:ab%2Bc%20d@h:1/0, u, ab+c d",
        "redis://:ab+cd@h, , ab+cd",
        "redis://u+v@h, u+v, "
    })
    void aPlusInTheUrlIsOneForTheClientToo(String url, @Nullable String user, @Nullable String password) {
        Env env = new Env(Map.of("FANFARE_REDIS_URL", url));
        RedisURI read = new RedisURI(env.check(RedisConfig.from(env)).url());
        assertThat(read.user()).isEqualTo(user);
        assertThat(read.password()).isEqualTo(password);
    }

    @ParameterizedTest
    @ValueSource(strings = {"+", "%2B"})
    void aPlusIsOneForTheServersOfSentinelsAndClustersToo(String plus) {
        Env sentinel = new Env(Map.of("FANFARE_REDIS_URL", "redis-sentinel://u:a" + plus + "b@h:1,i:2/m"));
        Sentinels sentinels =
                Sentinels.parse(sentinel.check(RedisConfig.from(sentinel)).url());
        assertThat(new RedisURI(sentinels.urlWithCredentials("h:1")).password()).isEqualTo("a+b");
        Env cluster = new Env(Map.of("FANFARE_REDIS_URL", "redis-cluster://u:a" + plus + "b@h:1,i:2"));
        ClusterSeeds seeds =
                ClusterSeeds.parse(cluster.check(RedisConfig.from(cluster)).url());
        assertThat(new RedisURI(seeds.url("i:2")).password()).isEqualTo("a+b");
    }

    /** What is published in one would be heard in all. */
    @ParameterizedTest
    @ValueSource(strings = {"redis://h:6379/1", "rediss://u:p@h/12", "redis://h?db=3", "redis://h/?x=y&db=0&db=1"})
    void aDatabaseIsAMistake(String url) {
        Env env = new Env(Map.of("FANFARE_REDIS_URL", url));
        RedisConfig config = RedisConfig.from(env);
        assertThat(new RedisURI(url).select()).isPositive();
        assertThatThrownBy(() -> env.check(config))
                .hasMessageEndingWith("pub/sub knows no databases; set FANFARE_REDIS_PREFIX instead");
    }

    private static void refuses(String url, String file, String because) {
        Env env = new Env(Map.of("FANFARE_REDIS_URL", url, "FANFARE_REDIS_PASSWORD_FILE", file));
        RedisConfig config = RedisConfig.from(env);
        assertThatThrownBy(() -> env.check(config))
                .isInstanceOf(ConfigException.class)
                .hasMessage("FANFARE_REDIS_PASSWORD_FILE is '" + file + "': " + because);
    }

    private String file(String text) throws IOException {
        return Files.writeString(folder.resolve("password"), text).toString();
    }
}
