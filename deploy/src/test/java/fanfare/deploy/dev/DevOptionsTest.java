package fanfare.deploy.dev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class DevOptionsTest {
    @Test
    void withoutArgumentsTwoGatewaysOnTheUsualPorts() {
        assertThat(DevOptions.parse(List.of()))
                .isEqualTo(new DevOptions(2, RedisKind.ALONE, "redis://127.0.0.1:6390", new Ports(0)));
    }

    @Test
    void takesEveryOption() {
        assertThat(DevOptions.parse(List.of("--gateways", "3", "--redis", "redis://h:1", "--port-offset", "100")))
                .isEqualTo(new DevOptions(3, RedisKind.GIVEN, "redis://h:1", new Ports(100)));
        assertThat(DevOptions.parse(List.of("--redis", "redis-sentinel://a:1,b:2/main"))
                        .redisUrl())
                .isEqualTo("redis-sentinel://a:1,b:2/main");
    }

    @Test
    void startsEachKindOfRedis() {
        assertThat(DevOptions.parse(List.of("--redis", "sentinel", "--port-offset", "100"))
                        .redisUrl())
                .isEqualTo("redis-sentinel://127.0.0.1:6500,127.0.0.1:6501,127.0.0.1:6502/fanfare");
        assertThat(DevOptions.parse(List.of("--redis", "cluster")).redisUrl())
                .isEqualTo("redis-cluster://127.0.0.1:6390,127.0.0.1:6391,127.0.0.1:6392,"
                        + "127.0.0.1:6393,127.0.0.1:6394,127.0.0.1:6395");
    }

    @Test
    void refusesWhatItCannotRead() {
        for (List<String> arguments : List.of(
                List.of("--gateways", "0"),
                List.of("--gateways", "10"),
                List.of("--gateways"),
                List.of("--port-offset", "-1"),
                List.of("--port-offset", "56446"),
                List.of("--redis", "localhost:6379"),
                List.of("--redis", "http://localhost"),
                List.of("--fast"))) {
            assertThatIllegalArgumentException()
                    .as(arguments.toString())
                    .isThrownBy(() -> DevOptions.parse(arguments))
                    .withMessageStartingWith(arguments.get(0));
        }
    }
}
