package fanfare.publisher.webhook;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The telling during one owner's time: reads a round of events, posts them batch by batch, each until it is accepted or given
 * up, then reads the next. One request at a time keeps the order.
 */
final class Delivery {
    private static final System.Logger LOG = System.getLogger(Delivery.class.getName());

    private final Vertx vertx;
    private final Journal journal;
    private final Site site;
    private final BooleanSupplier owned;
    private final WebhookConfig config;
    private final WebhookLimits limits;
    private final LongSupplier clockNs;
    private final DoubleSupplier random;
    private final WebhookMetrics metrics;
    private final Consumer<Throwable> failed;
    /** What was read and not posted yet. */
    private final Queue<Event> waiting = new ArrayDeque<>();
    /** The request under way, and what follows its answer. */
    private Future<?> posting = Future.succeededFuture();
    /** Runs until the next reading or try; -1 for none. */
    private long timer = -1;
    /** Nothing new is begun. */
    private boolean ended;

    private boolean complained;

    /**
     * Makes a delivery that is not started.
     *
     * @param owned whether this publisher is the owner at the moment
     * @param failed told once, when Redis gave no answer or not the one that is needed; the delivery has ended then
     */
    Delivery(
            Vertx vertx,
            Journal journal,
            Site site,
            BooleanSupplier owned,
            WebhookConfig config,
            WebhookLimits limits,
            LongSupplier clockNs,
            DoubleSupplier random,
            WebhookMetrics metrics,
            Consumer<Throwable> failed) {
        this.vertx = vertx;
        this.journal = journal;
        this.site = site;
        this.owned = owned;
        this.config = config;
        this.limits = limits;
        this.clockNs = clockNs;
        this.random = random;
        this.metrics = metrics;
        this.failed = failed;
    }

    void start() {
        step(journal.begin(), begun -> {
            metrics.owns(true);
            read();
        });
    }

    /** Ends; what is under way is finished and noted, if it is accepted. */
    Future<?> end() {
        ended = true;
        vertx.cancelTimer(timer);
        return posting;
    }

    private void read() {
        step(journal.read(), events -> {
            waiting.addAll(events);
            next();
        });
    }

    private void next() {
        Event oldest = oldest();
        metrics.oldest(oldest == null ? 0 : oldest.place().time());
        if (oldest == null) {
            if (journal.hasMore()) {
                read();
            } else {
                later(limits.period().toMillis(), this::read);
            }
            return;
        }
        List<Event> taken = new ArrayList<>();
        while (taken.size() < config.batchMax() && oldest() != null) {
            taken.add(waiting.remove());
        }
        step(journal.news(taken), news -> {
            if (news.isEmpty()) {
                step(journal.settle(taken, news), settled -> next());
            } else {
                post(new Batch(taken, news, clockNs.getAsLong()));
            }
        });
    }

    /** The next to be told. What was read from a master that is not there any more may not have happened, and is left out. */
    private @Nullable Event oldest() {
        while (!waiting.isEmpty() && !journal.isCurrent(waiting.element())) {
            waiting.remove();
        }
        return waiting.peek();
    }

    private void post(Batch batch) {
        if (!owned.getAsBoolean()) {
            // Either the lease is renewed in a moment, or this delivery ends with it.
            later(limits.tick().toMillis(), () -> post(batch));
            return;
        }
        Future<Boolean> done = site.post(batch, owned).compose(answer -> settled(batch, answer));
        posting = done;
        step(done, again -> {
            if (!again) {
                next();
            }
        });
    }

    /** Gives whether it is to be tried again. */
    private Future<Boolean> settled(Batch batch, Site.Answer answer) {
        if (answer.accepted()) {
            metrics.accepted(batch.news.size());
            if (complained) {
                complained = false;
                LOG.log(System.Logger.Level.INFO, "the site accepts webhooks again");
            }
            return journal.settle(batch.taken, batch.news).map(false);
        }
        metrics.retried();
        batch.failures++;
        long leftMs = config.retryMax().toMillis() - (clockNs.getAsLong() - batch.begunNs) / 1_000_000;
        if (!ended && leftMs <= 0) {
            return giveUp(batch, answer.why());
        }
        if (!ended && !complained) {
            complained = true;
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the site did not accept a webhook, which is tried again and again: {0}",
                    answer.why());
        }
        long pauseMs = Math.max(answer.askedMs(), limits.pauseMs(batch.failures, random.getAsDouble()));
        later(Math.min(pauseMs, leftMs), () -> post(batch));
        return Future.succeededFuture(true);
    }

    private Future<Boolean> giveUp(Batch batch, String why) {
        metrics.givenUp(batch.news.size());
        LOG.log(
                System.Logger.Level.ERROR,
                "{0} events were given up, since the site did not accept them in {1} tries: {2}",
                Integer.toString(batch.news.size()),
                Integer.toString(batch.failures),
                why);
        // What it was not told it does not believe.
        return journal.settle(batch.taken, List.of()).map(false);
    }

    private void later(long ms, Runnable work) {
        if (!ended) {
            timer = vertx.setTimer(Math.max(1, ms), due -> work.run());
        }
    }

    private <T> void step(Future<T> future, Consumer<T> then) {
        future.<Void>map(result -> {
                    if (!ended) {
                        then.accept(result);
                    }
                    return null;
                })
                .onFailure(failure -> {
                    if (!ended) {
                        ended = true;
                        failed.accept(failure);
                    }
                });
    }
}
