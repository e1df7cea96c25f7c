package fanfare.gateway.auth;

import fanfare.gateway.session.CloseReason;
import fanfare.process.Ticker;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Learns from the site who a browser is, and keeps asking for as long as it is connected.
 *
 * <p>Identical questions that come while one is under way share its answer; a positive answer counts for further
 * connections for some seconds. Whatever is odd keeps the browser out. Confined to the event loop that made it.
 */
public final class SiteAuthenticator {
    /** How late a try or a re-check may come [ms]. */
    private static final int TICK_MS = 100;
    /** Else: what is further off needs no timer of its own. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    /** How often a question is put anew because its user was disconnected meanwhile. */
    private static final int REVOKED_MAX = 3;

    private static final List<String> RESULTS =
            List.of("ok", "anonymous", "cached", "shared", "refused", "overloaded", "misconfigured", "unavailable");

    private record Newcomer(Credentials credentials, LoginListener listener, Promise<Login> promise) {}

    /** One question on behalf of all who came with the same credentials. */
    private static final class Flight {
        final Credentials.Key key;
        final List<Newcomer> newcomers = new ArrayList<>();
        /** Answers thrown away because the user was disconnected after their request had started. */
        int revoked;

        Flight(Credentials.Key key, Newcomer first) {
            this.key = key;
            newcomers.add(first);
        }

        Credentials credentials() {
            return newcomers.get(0).credentials();
        }
    }

    private final Vertx vertx;
    private final AnonymousPolicy anonymous;
    private final LongSupplier clockMs;
    private final Results results;
    private final Schedule schedule = new Schedule(this::awaitTick);
    private final Revocations revocations;
    private final AnswerCache cache;
    private final SiteChecks checks;
    private final KeptLogins logins;
    /** Questions that newcomers may join, by key of the credentials. */
    private final Map<Credentials.Key, Flight> flights = new HashMap<>();

    /** Stops the looks at the clock. */
    private final Runnable stopLooking;

    private long timer = -1;
    /** When it goes off [ms]. */
    private long tickMs = Long.MAX_VALUE;

    private boolean closed;

    /**
     * Starts the authenticator of the current event loop.
     *
     * @param siteAuthUrl an http or https URL
     * @param clockMs a clock that only goes forward, by which answers age
     * @param wallMs the wall clock, on which the site tells when an answer expires
     * @param random gives numbers from 0 to 1
     */
    public SiteAuthenticator(
            Vertx vertx,
            Ticker ticker,
            URI siteAuthUrl,
            AnonymousPolicy anonymous,
            AuthLimits limits,
            LongSupplier clockMs,
            LongSupplier wallMs,
            DoubleSupplier random,
            MeterRegistry metrics) {
        this.vertx = vertx;
        this.anonymous = anonymous;
        this.clockMs = clockMs;
        this.results = new Results("fanfare_auth_total", "Newcomers by what the site said of them", RESULTS, metrics);
        this.revocations = new Revocations(limits.answerAgeMax().toMillis());
        this.cache = new AnswerCache(limits.cacheTtl().toMillis());
        SiteLog log = new SiteLog(clockMs);
        SiteClient site = new SiteClient(vertx, siteAuthUrl, limits, wallMs, log, metrics);
        this.checks = new SiteChecks(site, limits, schedule, revocations::mark, clockMs, random, log, metrics);
        this.logins =
                new KeptLogins(checks, anonymous, limits, schedule, revocations, clockMs, wallMs, random, metrics);
        this.stopLooking = ticker.every(LOOK, this::tick);
    }

    private void awaitTick() {
        long now = clockMs.getAsLong();
        long dueMs = Math.max(now + TICK_MS, schedule.nextMs());
        if (dueMs - now < LOOK.toMillis() && dueMs < tickMs && !closed) {
            vertx.cancelTimer(timer);
            tickMs = dueMs;
            timer = vertx.setTimer(dueMs - now, tick -> {
                tickMs = Long.MAX_VALUE;
                tick();
            });
        }
    }

    /**
     * Asks who it is.
     *
     * @return fails with {@link LoginRefused}: 4101 not logged in, 4005 the site cannot say, 4003 too many wait
     */
    public Future<Login> login(Credentials credentials, LoginListener listener) {
        Credentials.Key key = credentials.key();
        AnswerCache.Entry cached = cache.get(key, clockMs.getAsLong());
        if (cached != null && !revocations.isRevoked(key, cached.identity(), cached.mark())) {
            count("cached");
            return Future.succeededFuture(logins.join(key, credentials, cached, listener));
        }
        Newcomer newcomer = new Newcomer(credentials, listener, Promise.promise());
        Flight flight = flights.get(key);
        if (flight != null) {
            flight.newcomers.add(newcomer);
        } else {
            Flight first = new Flight(key, newcomer);
            flights.put(key, first);
            ask(first);
        }
        return newcomer.promise().future();
    }

    /**
     * A user, or one session of that user, was sent away: what the site said before does not count any more, be it kept or
     * still on its way. The sessions themselves are the caller's to close.
     */
    public void disconnected(String user, @Nullable String session) {
        revocations.disconnected(user, session, clockMs.getAsLong());
    }

    /** Stops asking; who still waits for an answer gets none. */
    public Future<Void> close() {
        closed = true;
        vertx.cancelTimer(timer);
        stopLooking.run();
        return checks.close();
    }

    /** Does what has become due. */
    void tick() {
        try {
            long now = clockMs.getAsLong();
            cache.dropOld(now);
            schedule.run(now);
        } finally {
            awaitTick();
        }
    }

    /**
     * Asks about everybody who is connected anew, within {@code windowMs}; what the site was asked before does not count, be
     * its answer kept or still on its way.
     */
    public void recheckAll(long windowMs) {
        revocations.everybody();
        logins.recheckAll(windowMs);
    }

    private void ask(Flight flight) {
        checks.login(flight.credentials()).onSuccess(reply -> {
            boolean stale = reply.answer() instanceof Answer.Known known
                    && revocations.isRevoked(flight.key, known.identity(), reply.mark());
            if (stale && flight.revoked++ < REVOKED_MAX) {
                ask(flight);
            } else {
                flights.remove(flight.key, flight);
                answered(
                        flight,
                        stale ? new Answer.Unavailable("disconnected again and again", 0) : reply.answer(),
                        reply.mark());
            }
        });
    }

    private void answered(Flight flight, Answer raw, long mark) {
        Answer answer = raw.under(anonymous);
        if (answer instanceof Answer.Known known) {
            known(flight, known.identity(), mark, raw instanceof Answer.Known);
        } else {
            if (answer instanceof Answer.NotLoggedIn) {
                logins.refused(flight.key, mark);
            }
            flight.newcomers.forEach(newcomer -> newcomer.promise().fail(refused(answer)));
        }
    }

    /**
     * Lets them in. An answer to a request without cookies that names a user is for the first alone: the site went by
     * something that we don't know, so we don't know either whether the others share it.
     */
    private void known(Flight flight, Identity identity, long mark, boolean positive) {
        AnswerCache.Entry answer = new AnswerCache.Entry(identity, mark, clockMs.getAsLong());
        boolean cookies = flight.credentials().cookie() != null;
        // With cookies, an anonymous browser may be somebody a moment later, and the cookies still the same.
        if (positive && cookies != identity.isAnonymous()) {
            cache.put(flight.key, answer);
        }
        count(identity.isAnonymous() ? "anonymous" : "ok");
        letIn(flight.key, flight.newcomers.get(0), answer);
        for (Newcomer other : flight.newcomers.subList(1, flight.newcomers.size())) {
            if (cookies || identity.isAnonymous()) {
                count("shared");
                letIn(flight.key, other, answer);
            } else {
                ask(new Flight(flight.key, other));
            }
        }
    }

    private void letIn(Credentials.Key key, Newcomer newcomer, AnswerCache.Entry answer) {
        newcomer.promise().complete(logins.join(key, newcomer.credentials(), answer, newcomer.listener()));
    }

    private LoginRefused refused(Answer answer) {
        if (answer instanceof Answer.NotLoggedIn) {
            count("refused");
            return new LoginRefused(CloseReason.NOT_LOGGED_IN);
        }
        if (answer instanceof Answer.Overloaded) {
            count("overloaded");
            return new LoginRefused(CloseReason.OVERLOADED);
        }
        count(answer instanceof Answer.Misconfigured ? "misconfigured" : "unavailable");
        return new LoginRefused(CloseReason.SITE_UNAVAILABLE);
    }

    private void count(String result) {
        results.count(result);
    }
}
