package fanfare.gateway.auth;

import java.time.Duration;

/**
 * How hard the site may be asked, and for how long its last word counts.
 *
 * @param timeout how long one request may take, its answer's body included
 * @param triesMax requests for one login before it is told that the site is unavailable
 * @param triesWindow how long after its first request a login may start another
 * @param inFlightMax requests at the site at one time
 * @param queueMax logins that may wait for their turn; one more is told that the gateway is overloaded
 * @param queueWaitMax how long a login may wait for its turn
 * @param cacheTtl how long a positive answer counts for further connections of the same login
 * @param recheckPeriod how often a login with open connections is checked again, give or take a tenth
 * @param recheckMin how long a login is left alone at least between two re-checks
 * @param staleMax how long an outage of the site is borne, from the first re-check of a login that it does not answer
 */
public record AuthLimits(
        Duration timeout,
        int triesMax,
        Duration triesWindow,
        int inFlightMax,
        int queueMax,
        Duration queueWaitMax,
        Duration cacheTtl,
        Duration recheckPeriod,
        Duration recheckMin,
        Duration staleMax) {
    static final int IN_FLIGHT_MAX_DEFAULT = 64;
    static final Duration STALE_MAX_DEFAULT = Duration.ofHours(1);

    /** The limits with what an operator may set. */
    public static AuthLimits of(int inFlightMax, Duration staleMax) {
        return new AuthLimits(
                Duration.ofSeconds(3),
                3,
                Duration.ofSeconds(10),
                inFlightMax,
                // 10,000 browsers that come back at once all find room.
                20_000,
                // As long as a browser may be expected to wait on one connection before trying another.
                Duration.ofSeconds(30),
                Duration.ofSeconds(5),
                Duration.ofMinutes(10),
                Duration.ofSeconds(5),
                staleMax);
    }

    /** How long an answer may be under way or in the cache, and so how long a revocation must be remembered. */
    Duration answerAgeMax() {
        return triesWindow.plus(timeout).plus(cacheTtl);
    }
}
