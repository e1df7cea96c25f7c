package fanfare.gateway.auth;

import fanfare.gateway.session.CloseReason;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Knows who browsers are, because the site says so. Concurrent identical questions are one request, a positive answer
 * serves a few seconds, and while sessions hold it, it is asked again now and then. Confined to the node loop.
 */
public final class SiteAuthenticator {
    /** How long and how often, in one place. */
    public record Timing(Duration cache, Duration recheck, Duration recheckMin, Duration staleMax) {
        public static Timing of(Duration staleMax) {
            return new Timing(Duration.ofSeconds(5), Duration.ofMinutes(10), Duration.ofSeconds(5), staleMax);
        }
    }

    private static final int SWEEP_MS = 500;
    /** After a re-check that the site could not answer [ms]. */
    private static final long RECHECK_RETRY_MS = 30_000;

    /** A moment at which an answer may have to be looked at; stale if the answer has another one by now. */
    private record Due(KeptAnswer answer, long atMs) {}

    private final SiteClient site;
    private final Timing timing;
    private final LongSupplier clock;
    private final DoubleSupplier random;
    private final Revocations revocations;
    /** Questions under way, by the key of their credentials. */
    private final Map<String, Future<SiteAnswer>> asking = new HashMap<>();
    /** Answers that may be shared, by the same key. */
    private final Map<String, KeptAnswer> kept = new HashMap<>();

    private final PriorityQueue<Due> schedule = new PriorityQueue<>(Comparator.comparingLong(Due::atMs));

    /** The clock gives milliseconds since the epoch, {@code random} numbers from 0 to 1. */
    public SiteAuthenticator(
            Vertx vertx,
            AuthConfig config,
            Timing timing,
            LongSupplier clock,
            DoubleSupplier random,
            MeterRegistry metrics) {
        this.site = new SiteClient(vertx, config, clock, random, metrics);
        this.timing = timing;
        this.clock = clock;
        this.random = random;
        this.revocations = new Revocations(timing.cache().toMillis() + SiteClient.ASK_MS_MAX);
        vertx.setPeriodic(SWEEP_MS, timer -> sweep());
    }

    /**
     * Asks who this is. The login is held until it is released; meanwhile the listener hears what changes.
     *
     * @return fails with {@link LoginRefused}
     */
    public Future<Login> login(Credentials credentials, LoginListener listener) {
        String key = credentials.key();
        KeptAnswer known = kept.get(key);
        if (known != null && isFresh(known)) {
            site.count("cached");
            return Future.succeededFuture(hold(known, listener));
        }
        return answer(credentials, key).map(answer -> hold(keep(credentials, key, answer), listener));
    }

    /** The site has put this user out, or one login of theirs: no earlier answer counts any more. */
    public void disconnected(String user, @Nullable String session) {
        revocations.add(user, session, clock.getAsLong());
    }

    /** One request for all who ask the same at the same time. */
    private Future<SiteAnswer> answer(Credentials credentials, String key) {
        Future<SiteAnswer> underWay = asking.get(key);
        if (underWay == null) {
            return first(credentials, key);
        }
        return underWay.compose(answer -> {
            if (credentials.cookie() == null && answer.identity().user() != null) {
                // Told by something that a copy of these headers need not share; each must be asked about.
                return site.ask(credentials, false);
            }
            site.count("shared");
            return valid(answer) ? Future.succeededFuture(answer) : answer(credentials, key);
        });
    }

    private Future<SiteAnswer> first(Credentials credentials, String key) {
        Future<SiteAnswer> question = site.ask(credentials, false);
        asking.put(key, question);
        return question.onComplete(done -> asking.remove(key, question)).compose(answer -> {
            if (valid(answer)) {
                return Future.succeededFuture(answer);
            }
            site.count("overtaken");
            return answer(credentials, key);
        });
    }

    private boolean valid(SiteAnswer answer) {
        return !revocations.overtook(answer.identity(), answer.askedMs());
    }

    private boolean isFresh(KeptAnswer answer) {
        return clock.getAsLong() - answer.answeredMs() < timing.cache().toMillis()
                && !revocations.overtook(answer.identity(), answer.askedMs());
    }

    /** Where the answer is kept: with what was kept for the same credentials, unless it speaks of somebody else. */
    private KeptAnswer keep(Credentials credentials, String key, SiteAnswer answer) {
        boolean shareable = credentials.cookie() != null || answer.identity().user() == null;
        KeptAnswer known = shareable ? kept.get(key) : null;
        if (known != null
                && Objects.equals(known.identity().user(), answer.identity().user())) {
            if (answer.answeredMs() >= known.answeredMs()) {
                renew(known, answer);
            }
            return known;
        }
        KeptAnswer fresh = new KeptAnswer(credentials, answer);
        if (shareable) {
            kept.put(key, fresh);
        }
        return fresh;
    }

    private Login hold(KeptAnswer answer, LoginListener listener) {
        Login login = new Login(answer, listener, () -> {
            if (answer.holders().isEmpty()) {
                scheduleAt(answer, answer.answeredMs() + timing.cache().toMillis());
            }
        });
        answer.holders().add(login);
        if (answer.holders().size() == 1) {
            scheduleRecheck(answer);
        }
        return login;
    }

    private void renew(KeptAnswer answer, SiteAnswer newer) {
        if (answer.renew(newer)) {
            List.copyOf(answer.holders()).forEach(login -> login.listener().changed(answer.identity()));
        }
    }

    private void scheduleRecheck(KeptAnswer answer) {
        long jittered = (long) (timing.recheck().toMillis() * (0.9 + 0.2 * random.getAsDouble()));
        long due = Math.min(answer.answeredMs() + jittered, answer.identity().expiresAtMs());
        scheduleAt(
                answer, Math.max(due, answer.answeredMs() + timing.recheckMin().toMillis()));
    }

    private void scheduleAt(KeptAnswer answer, long ms) {
        answer.due(ms);
        schedule.add(new Due(answer, ms));
    }

    private void sweep() {
        long now = clock.getAsLong();
        for (Due next = schedule.peek(); next != null && next.atMs() <= now; next = schedule.peek()) {
            schedule.remove();
            KeptAnswer answer = next.answer();
            if (next.atMs() == answer.dueMs()) {
                if (answer.holders().isEmpty()) {
                    forget(answer);
                } else {
                    recheck(answer);
                }
            }
        }
    }

    private void forget(KeptAnswer answer) {
        kept.remove(answer.credentials().key(), answer);
    }

    private void recheck(KeptAnswer answer) {
        // Nothing else may look at it until the site has answered.
        answer.due(Long.MAX_VALUE);
        site.ask(answer.credentials(), true)
                .onSuccess(again -> {
                    if (Objects.equals(
                            again.identity().user(), answer.identity().user())) {
                        renew(answer, again);
                        reschedule(answer);
                    } else {
                        end(answer, CloseReason.SESSION_ENDED);
                    }
                })
                .onFailure(failure -> {
                    boolean refused = failure instanceof LoginRefused login
                            && login.reason().equals(CloseReason.NOT_LOGGED_IN);
                    if (refused) {
                        end(answer, CloseReason.SESSION_ENDED);
                    } else if (clock.getAsLong() - answer.answeredMs()
                            > timing.staleMax().toMillis()) {
                        end(answer, CloseReason.SITE_UNAVAILABLE);
                    } else {
                        scheduleAt(
                                answer, clock.getAsLong() + (long) (RECHECK_RETRY_MS * (0.5 + random.getAsDouble())));
                    }
                });
    }

    private void reschedule(KeptAnswer answer) {
        if (answer.holders().isEmpty()) {
            scheduleAt(answer, answer.answeredMs() + timing.cache().toMillis());
        } else {
            scheduleRecheck(answer);
        }
    }

    private void end(KeptAnswer answer, CloseReason reason) {
        forget(answer);
        List.copyOf(answer.holders()).forEach(login -> login.listener().ended(reason));
    }
}
