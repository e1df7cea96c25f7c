package fanfare.gateway.auth;

import fanfare.gateway.session.CloseReason;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * The logins with open sessions, each checked again from time to time. A login is ended by the site's word alone; while the
 * site has nothing to say it stays, until its last good answer is too old. Confined to the node loop.
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
    private final DoubleSupplier random;
    private final MeterRegistry metrics;
    /** By key of the credentials. */
    private final Map<String, KeptLogin> shared = new HashMap<>();
    /** All that are kept, those that are not shared included; read by metrics from other threads. */
    private final AtomicInteger count = new AtomicInteger();

    private final Set<KeptLogin> all = new LinkedHashSet<>();

    KeptLogins(
            SiteChecks checks,
            AnonymousPolicy anonymous,
            AuthLimits limits,
            Schedule schedule,
            Revocations revocations,
            LongSupplier clockMs,
            DoubleSupplier random,
            MeterRegistry metrics) {
        this.checks = checks;
        this.anonymous = anonymous;
        this.limits = limits;
        this.schedule = schedule;
        this.revocations = revocations;
        this.clockMs = clockMs;
        this.random = random;
        this.metrics = metrics;
        Gauge.builder("fanfare_logins", count, AtomicInteger::get)
                .description("Logins with open connections, each of which is checked again from time to time")
                .register(metrics);
    }

    /** One more session of a login; the site's answer is news for the others as well. */
    Login join(String key, Credentials credentials, AnswerCache.Entry answer, LoginListener listener) {
        boolean isShared = answer.identity().isAnonymous() || credentials.cookie() != null;
        KeptLogin kept = isShared ? shared.get(key) : null;
        if (kept != null && answer.mark() > kept.mark) {
            good(kept, answer.identity(), answer.mark(), answer.answeredAtMs());
            kept = shared.get(key);
        }
        if (kept == null) {
            kept = new KeptLogin(key, credentials, answer.identity(), answer.mark(), answer.answeredAtMs());
            all.add(kept);
            count.set(all.size());
            if (isShared) {
                shared.put(key, kept);
            }
            plan(kept);
        }
        Login login = new Login(this, kept, listener);
        kept.holders.add(login);
        return login;
    }

    /** The site does not know a newcomer with these credentials, so it does not know the others any more either. */
    void refused(String key, long mark) {
        KeptLogin kept = shared.get(key);
        if (kept != null && mark > kept.mark) {
            end(kept, CloseReason.SESSION_ENDED);
        }
    }

    /** Asks about everybody anew, each at a moment of its own within {@code windowMs}. */
    void recheckAll(long windowMs) {
        for (KeptLogin kept : all) {
            planAt(kept, clockMs.getAsLong() + (long) (windowMs * random.getAsDouble()));
        }
    }

    void leave(KeptLogin kept, Login login) {
        if (kept.holders.remove(login) && kept.holders.isEmpty()) {
            forget(kept);
        }
    }

    private void forget(KeptLogin kept) {
        all.remove(kept);
        count.set(all.size());
        shared.remove(kept.key, kept);
        cancel(kept);
    }

    private void end(KeptLogin kept, CloseReason reason) {
        List<Login> holders = List.copyOf(kept.holders);
        kept.holders.clear();
        forget(kept);
        if (reason.code() == CloseReason.SESSION_ENDED.code()) {
            revocations.ended(kept.key, clockMs.getAsLong());
        }
        holders.forEach(login -> login.listener().ended(reason));
    }

    private void good(KeptLogin kept, Identity identity, long mark, long answeredAtMs) {
        if (!Objects.equals(identity.user(), kept.identity.user())) {
            end(kept, CloseReason.SESSION_ENDED);
            return;
        }
        boolean changed = !identity.equals(kept.identity);
        kept.identity = identity;
        kept.mark = mark;
        kept.goodAtMs = answeredAtMs;
        plan(kept);
        if (changed) {
            List.copyOf(kept.holders).forEach(login -> login.listener().changed(identity));
        }
    }

    /** After a good answer: in a period, or when it expires if that is sooner. */
    private void plan(KeptLogin kept) {
        long now = clockMs.getAsLong();
        long expiry =
                Math.max(kept.identity.expiresAtMs(), now + limits.recheckMin().toMillis());
        planAt(kept, Math.min(expiry, now + jittered(limits.recheckPeriod().toMillis())));
    }

    private void planAt(KeptLogin kept, long atMs) {
        cancel(kept);
        kept.due = schedule.at(atMs, () -> recheck(kept));
    }

    private void cancel(KeptLogin kept) {
        Schedule.Entry due = kept.due;
        if (due != null) {
            kept.due = null;
            schedule.cancel(due);
        }
    }

    private long jittered(long ms) {
        return (long) (ms * (1 - JITTER + 2 * JITTER * random.getAsDouble()));
    }

    private void recheck(KeptLogin kept) {
        kept.due = null;
        if (kept.asking) {
            kept.askAgain = true;
            return;
        }
        kept.asking = true;
        checks.recheck(kept.credentials).onSuccess(reply -> {
            kept.asking = false;
            if (kept.askAgain && !kept.holders.isEmpty()) {
                kept.askAgain = false;
                recheck(kept);
                return;
            }
            if (!kept.holders.isEmpty() && reply.mark() > kept.mark) {
                rechecked(kept, reply.answer().under(anonymous), reply.mark());
            } else if (kept.due == null && !kept.holders.isEmpty()) {
                plan(kept);
            }
        });
    }

    private void rechecked(KeptLogin kept, Answer answer, long mark) {
        long now = clockMs.getAsLong();
        if (answer instanceof Answer.Known known) {
            good(kept, known.identity(), mark, now);
        } else if (answer instanceof Answer.NotLoggedIn) {
            end(kept, CloseReason.SESSION_ENDED);
        } else {
            outage(kept, now);
        }
        String result = kept.holders.isEmpty() ? "ended" : answer instanceof Answer.Known ? "ok" : "unavailable";
        metrics.counter("fanfare_rechecks_total", "result", result).increment();
        List.copyOf(kept.holders).forEach(login -> login.listener().rechecked());
    }

    private void outage(KeptLogin kept, long now) {
        long endMs = kept.goodAtMs + limits.staleMax().toMillis();
        if (now >= endMs) {
            end(kept, CloseReason.SITE_UNAVAILABLE);
        } else {
            long again = now + jittered(limits.recheckPeriod().toMillis() / OUTAGE_DIVISOR);
            planAt(
                    kept,
                    Math.max(Math.min(again, endMs), now + limits.recheckMin().toMillis()));
        }
    }
}
