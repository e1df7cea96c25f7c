package fanfare.publisher.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WebhookLimitsTest {
    private final WebhookLimits limits = WebhookLimits.defaults();

    @Test
    void pausesGrowWithTheFailuresUpToAMinute() {
        assertThat(limits.pauseMs(1, 0.999)).isEqualTo(999);
        assertThat(limits.pauseMs(2, 0.5)).isEqualTo(1_000);
        assertThat(limits.pauseMs(5, 0.5)).isEqualTo(8_000);
        assertThat(limits.pauseMs(7, 0.5)).isEqualTo(30_000);
        assertThat(limits.pauseMs(1_000_000, 0.5)).isEqualTo(30_000);
        assertThat(limits.pauseMs(1_000_000, 0)).isZero();
    }

    @Test
    void aPausedOwnerHasRenewedOftenEnough() {
        assertThat(limits.renew().multipliedBy(3)).isLessThan(limits.lease());
    }
}
