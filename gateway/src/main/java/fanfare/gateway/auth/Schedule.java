package fanfare.gateway.auth;

import java.util.Comparator;
import java.util.NavigableSet;
import java.util.TreeSet;

/** What is to be done later, ordered by time, so that one timer serves any number of logins. Confined to the node loop. */
final class Schedule {
    /** Something to be done at a time of its own. It is its own entry, since there is one for each login. */
    abstract static class Task {
        private long atMs;
        /** Tells tasks of the same millisecond apart, in the order in which they came. */
        private long number;

        private boolean scheduled;

        abstract void run();

        boolean isScheduled() {
            return scheduled;
        }
    }

    private final NavigableSet<Task> tasks =
            new TreeSet<>(Comparator.<Task>comparingLong(task -> task.atMs).thenComparingLong(task -> task.number));
    private final Runnable sooner;
    private long numbers;

    /** @param sooner told when something is to be done before all that was to be done until now */
    Schedule(Runnable sooner) {
        this.sooner = sooner;
    }

    /** Does something at that time, and not when it was to be done before. */
    void at(long atMs, Task task) {
        cancel(task);
        task.atMs = atMs;
        task.number = numbers++;
        task.scheduled = true;
        tasks.add(task);
        if (tasks.first() == task) {
            sooner.run();
        }
    }

    /** When something is due next [ms]; {@link Long#MAX_VALUE} if nothing is. */
    long nextMs() {
        return tasks.isEmpty() ? Long.MAX_VALUE : tasks.first().atMs;
    }

    void cancel(Task task) {
        if (task.scheduled) {
            tasks.remove(task);
            task.scheduled = false;
        }
    }

    /** Does what is due. */
    void run(long nowMs) {
        while (!tasks.isEmpty() && tasks.first().atMs <= nowMs) {
            Task due = tasks.first();
            cancel(due);
            due.run();
        }
    }
}
