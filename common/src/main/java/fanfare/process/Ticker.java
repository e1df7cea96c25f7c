package fanfare.process;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What an event loop does again and again, on as few wakings as can be: an idle loop that wakes up spends more on that than
 * on most of what it does then. Confined to that loop.
 */
public final class Ticker {
    private static final class Task {
        final long ticks;
        final Runnable work;
        boolean stopped;

        Task(long ticks, Runnable work) {
            this.ticks = ticks;
            this.work = work;
        }

        void run() {
            if (!stopped) {
                work.run();
            }
        }
    }

    private final Context context;
    private final long tickMs;
    private final List<Task> tasks = new ArrayList<>();
    private long ticks;

    private Ticker(Context context, long tickMs) {
        this.context = context;
        this.tickMs = tickMs;
    }

    /** Starts the ticker of the current event loop, which goes on for as long as Vert.x runs. */
    public static Ticker start(Vertx vertx, Duration tick) {
        Ticker ticker = new Ticker(vertx.getOrCreateContext(), tick.toMillis());
        vertx.setPeriodic(ticker.tickMs, timer -> ticker.tick());
        return ticker;
    }

    /**
     * Has something done once in each period from now on, in whole ticks, rounded up; what has the same period is done on the
     * same tick, in the order of these calls.
     *
     * @return stops it
     */
    public Runnable every(Duration period, Runnable work) {
        Task task = new Task(Math.max(1, (period.toMillis() + tickMs - 1) / tickMs), work);
        tasks.add(task);
        return () -> {
            task.stopped = true;
            tasks.remove(task);
        };
    }

    private void tick() {
        ticks++;
        for (Task task : tasks) {
            if (ticks % task.ticks == 0) {
                // Each in a turn of its own: a bug in one keeps nothing from the others.
                context.runOnContext(turn -> task.run());
            }
        }
    }
}
