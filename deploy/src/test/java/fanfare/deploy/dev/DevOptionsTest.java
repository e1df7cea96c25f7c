package fanfare.deploy.dev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class DevOptionsTest {
    @Test
    void withoutArgumentsTwoGatewaysOnTheUsualPorts() {
        assertThat(DevOptions.parse(List.of())).isEqualTo(new DevOptions(2, null, new Ports(0)));
    }

    @Test
    void takesEveryOption() {
        assertThat(DevOptions.parse(List.of("--gateways", "3", "--redis", "redis://h:1", "--port-offset", "100")))
                .isEqualTo(new DevOptions(3, "redis://h:1", new Ports(100)));
        assertThat(DevOptions.parse(List.of("--redis", "redis-sentinel://a:1,b:2/main"))
                        .redisUrl())
                .isEqualTo("redis-sentinel://a:1,b:2/main");
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
