package fanfare.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedisConfigTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "redis://gateway@redis:6379/2, redis://gateway:p%40ss%2F%3A+%25@redis:6379/2",
        "rediss://redis:6379, rediss://:p%40ss%2F%3A+%25@redis:6379",
        "'redis-sentinel://u@a:1,b:2/name', 'redis-sentinel://u:p%40ss%2F%3A+%25@a:1,b:2/name'"
    })
    void putsThePasswordOfAFileIntoTheUrl(String url, String whole) throws IOException {
        Env env = new Env(Map.of("FANFARE_REDIS_URL", url, "FANFARE_REDIS_PASSWORD_FILE", file("p@ss/: %\n")));
        RedisConfig config = env.check(RedisConfig.from(env));
        assertThat(config.url()).isEqualTo(whole);
        assertThat(config.toString() + env.table()).doesNotContain("p@ss", "p%40ss");
    }

    @Test
    void refusesTwoPasswordsAndNone() throws IOException {
        refuses("redis://u:p@redis:1", file("other"), "FANFARE_REDIS_URL has a password already");
        refuses("redis://u@redis:1", file("\n"), "the file is empty");
        refuses("redis://u@redis:1", folder.resolve("none").toString(), "the file cannot be read");
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
