package fanfare.deploy.selftest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import fanfare.deploy.selftest.rig.RedisSetup;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SelftestOptionsTest {
    @Test
    void withoutArgumentsEveryFaultIsPlayed() {
        SelftestOptions options = SelftestOptions.parse(List.of());
        assertThat(options.connections()).isEqualTo(1_000);
        assertThat(options.budget()).isEqualTo(Duration.ofMinutes(6));
        assertThat(options.faults()).containsExactlyElementsOf(Fault.of(RedisSetup.PAIR));
    }

    @Test
    void aClusterHasFaultsOfItsOwnAndThoseOfEither() {
        SelftestOptions options = SelftestOptions.parse(List.of("--redis", "cluster"));
        assertThat(options.redis()).isEqualTo(RedisSetup.CLUSTER);
        assertThat(options.faults())
                .contains(Fault.SLOTS_MOVE, Fault.SHARD_GONE, Fault.GATEWAY_KILL)
                .doesNotContain(Fault.REDIS_FAILOVER, Fault.LINK_SWALLOW);
    }

    @Test
    void takesWhatIsAsked() {
        SelftestOptions options = SelftestOptions.parse(List.of(
                "--minutes",
                "0.5",
                "--connections",
                "20",
                "--seed",
                "3",
                "--only",
                "gateway-kill",
                "--only",
                "pubsub-kill"));
        assertThat(options.connections()).isEqualTo(20);
        assertThat(options.seed()).isEqualTo(3);
        assertThat(options.faults()).containsExactlyInAnyOrder(Fault.GATEWAY_KILL, Fault.PUBSUB_KILL);
        assertThat(options.perFault()).isEqualTo(Duration.ofSeconds(15));
    }

    @Test
    void aMistakeIsNamed() {
        assertThatThrownBy(() -> SelftestOptions.parse(List.of("--minutes", "0")))
                .hasMessageContaining("--minutes is '0'");
        assertThatThrownBy(() -> SelftestOptions.parse(List.of("--connections")))
                .hasMessage("--connections takes a value");
        assertThatThrownBy(() -> SelftestOptions.parse(List.of("--only", "bit-rot")))
                .hasMessageContaining("'bit-rot' is not a fault")
                .hasMessageContaining("slow-client");
        assertThatThrownBy(() -> SelftestOptions.parse(List.of("--only", "shard-kill")))
                .hasMessageContaining("'shard-kill' is not a fault with --redis pair");
        assertThatThrownBy(() -> SelftestOptions.parse(List.of("--redis", "trio")))
                .hasMessage("--redis is 'trio': it takes pair or cluster");
        assertThatThrownBy(() -> SelftestOptions.parse(List.of("--fast")))
                .hasMessageContaining("--fast is not an option");
    }
}
