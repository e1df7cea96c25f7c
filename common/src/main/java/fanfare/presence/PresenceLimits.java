package fanfare.presence;

import java.time.Duration;

/**
 * The times of presence.
 *
 * @param lease for how long a gateway that fell silent counts as living
 * @param refresh how often a gateway renews its lease, well below {@code lease}
 * @param grace for how long a user stays online after the last connection
 * @param countPeriod how often at most a changed number of connections is told
 * @param comeback for how long after its own return to Redis a gateway takes nobody for dead: all may have been cut off
 * @param claim after which another gateway takes over the reaping of a dead one
 * @param bucketsPerSecond buckets that a gateway sweeps of itself
 */
public record PresenceLimits(
        Duration lease,
        Duration refresh,
        Duration grace,
        Duration countPeriod,
        Duration comeback,
        Duration claim,
        int bucketsPerSecond) {
    public static PresenceLimits defaults() {
        return new PresenceLimits(
                Duration.ofSeconds(10),
                Duration.ofSeconds(3),
                Duration.ofSeconds(10),
                Duration.ofSeconds(1),
                Duration.ofSeconds(10),
                Duration.ofSeconds(10),
                36);
    }
}
