package fanfare.gateway.auth;

import fanfare.gateway.session.CloseReason;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * The logins with open sessions, each checked again from time to time. A login is ended by the site's word alone; while the
 * site has nothing to say it stays, until that has gone on for too long. Confined to the node loop.
 */
final class KeptLogins {
    /** How much earlier or later than its period a re-check may come, so that what came together parts ways. */
    private static final double JITTER = 0.1;
    /** After an outage a login is checked again in a tenth of its period. */
    private static final int OUTAGE_DIVISOR = 10;

    private final SiteChecks checks;
    private final AnonymousPolicy anonymous;
    private final AuthLimits limits;
    private final Schedule schedule;
    private final Revocations revocations;
    private final LongSupplier clockMs;
    private final LongSupplier wallMs;
    private final DoubleSupplier random;
    private final Results results;
    /** Those that any session with the same credentials may hold, by their key. */
    private final Map<Credentials.Key, KeptLogin> shared = new HashMap<>();
    /** Those of one session alone. */
    private final Set<KeptLogin> unshared = new HashSet<>();
    /** All of them; read by metrics from other threads. */
    private final AtomicInteger count = new AtomicInteger();

    KeptLogins(
            SiteChecks checks,
            AnonymousPolicy anonymous,
            AuthLimits limits,
            Schedule schedule,
            Revocations revocations,
            LongSupplier clockMs,
            LongSupplier wallMs,
            DoubleSupplier random,
            MeterRegistry metrics) {
        this.checks = checks;
        this.anonymous = anonymous;
        this.limits = limits;
        this.schedule = schedule;
        this.revocations = revocations;
        this.clockMs = clockMs;
        this.wallMs = wallMs;
        this.random = random;
        this.results = new Results(
                "fanfare_rechecks_total",
                "Logins asked about again, by what came of it",
                List.of("ok", "ended", "unavailable"),
                metrics);
        Gauge.builder("fanfare_logins", count, AtomicInteger::get)
                .description("Logins with open connections, each of which is checked again from time to time")
                .register(metrics);
    }

    /** One more session of a login; the site's answer is news for the others as well. */
    Login join(Credentials.Key key, Credentials credentials, AnswerCache.Entry answer, LoginListener listener) {
        boolean isShared = answer.identity().isAnonymous() || credentials.cookie() != null;
        KeptLogin kept = isShared ? shared.get(key) : null;
        if (kept != null && answer.mark() > kept.mark) {
            good(kept, answer.identity(), answer.mark());
            kept = shared.get(key);
        }
        if (kept == null) {
            kept = new KeptLogin(this, key, credentials, answer.identity(), answer.mark());
            if (isShared) {
                shared.put(key, kept);
            } else {
                unshared.add(kept);
            }
            counted();
            plan(kept);
        }
        return kept.holdFor(listener);
    }

    /** The site does not know a newcomer with these credentials, so it does not know the others any more either. */
    void refused(Credentials.Key key, long mark) {
        KeptLogin kept = shared.get(key);
        if (kept != null && mark > kept.mark) {
            end(kept, CloseReason.SESSION_ENDED);
        }
    }

    /** Asks about everybody anew, each at a moment of its own within {@code windowMs}. */
    void recheckAll(long windowMs) {
        shared.values().forEach(kept -> recheckWithin(kept, windowMs));
        unshared.forEach(kept -> recheckWithin(kept, windowMs));
    }

    private void recheckWithin(KeptLogin kept, long windowMs) {
        kept.inDoubt = true;
        if (kept.asking) {
            // What the site was asked before does not count.
            kept.askAgain = true;
            return;
        }
        schedule.at(clockMs.getAsLong() + (long) (windowMs * random.getAsDouble()), kept);
    }

    /** Nobody holds it any more. */
    void forget(KeptLogin kept) {
        shared.remove(kept.key, kept);
        unshared.remove(kept);
        counted();
        schedule.cancel(kept);
    }

    private void counted() {
        count.set(shared.size() + unshared.size());
    }

    private void end(KeptLogin kept, CloseReason reason) {
        List<Login> holders = kept.end();
        forget(kept);
        if (reason.code() == CloseReason.SESSION_ENDED.code()) {
            revocations.ended(kept.key, clockMs.getAsLong());
        }
        holders.forEach(login -> login.listener().ended(reason));
    }

    private void good(KeptLogin kept, Identity identity, long mark) {
        if (!Objects.equals(identity.user(), kept.identity.user())) {
            end(kept, CloseReason.SESSION_ENDED);
            return;
        }
        boolean changed = !identity.equals(kept.identity);
        kept.identity = identity;
        kept.mark = mark;
        kept.outageSinceMs = null;
        plan(kept);
        if (changed) {
            kept.holders().forEach(login -> login.listener().changed(identity));
        }
        asked(kept);
    }

    /** The site was asked, so a doubt is over, whatever came of it. */
    private void asked(KeptLogin kept) {
        if (kept.inDoubt) {
            kept.inDoubt = false;
            kept.holders().forEach(login -> login.listener().rechecked());
        }
    }

    /** After a good answer: in a period, or when it expires if that is sooner. */
    private void plan(KeptLogin kept) {
        long expiryMs = Math.max(
                kept.identity.expiresAtMs() - wallMs.getAsLong(),
                limits.recheckMin().toMillis());
        long waitMs = Math.min(expiryMs, jittered(limits.recheckPeriod().toMillis()));
        schedule.at(clockMs.getAsLong() + waitMs, kept);
    }

    private long jittered(long ms) {
        return (long) (ms * (1 - JITTER + 2 * JITTER * random.getAsDouble()));
    }

    void recheck(KeptLogin kept) {
        if (kept.asking) {
            kept.askAgain = true;
            return;
        }
        kept.asking = true;
        checks.recheck(kept.credentials).onSuccess(reply -> {
            kept.asking = false;
            if (kept.askAgain && kept.isHeld()) {
                kept.askAgain = false;
                recheck(kept);
                return;
            }
            if (kept.isHeld() && reply.mark() > kept.mark) {
                rechecked(kept, reply.answer().under(anonymous), reply.mark());
            } else if (!kept.isScheduled() && kept.isHeld()) {
                plan(kept);
            }
        });
    }

    private void rechecked(KeptLogin kept, Answer answer, long mark) {
        if (answer instanceof Answer.Known known) {
            good(kept, known.identity(), mark);
        } else if (answer instanceof Answer.NotLoggedIn) {
            end(kept, CloseReason.SESSION_ENDED);
        } else {
            outage(kept, clockMs.getAsLong());
            asked(kept);
        }
        boolean answered = answer instanceof Answer.Known || answer instanceof Answer.NotLoggedIn;
        results.count(!answered ? "unavailable" : kept.isHeld() ? "ok" : "ended");
    }

    private void outage(KeptLogin kept, long now) {
        long sinceMs = Objects.requireNonNullElse(kept.outageSinceMs, now);
        kept.outageSinceMs = sinceMs;
        long endMs = sinceMs + limits.staleMax().toMillis();
        if (now >= endMs) {
            end(kept, CloseReason.SITE_UNAVAILABLE);
        } else {
            long again = now + jittered(limits.recheckPeriod().toMillis() / OUTAGE_DIVISOR);
            schedule.at(
                    Math.max(Math.min(again, endMs), now + limits.recheckMin().toMillis()), kept);
        }
    }
}
