package fanfare.process;

import fanfare.config.Env;

/** Ends this process when the launcher that started it has died, so that a killed launcher leaves no orphans. */
public final class Parent {
    private Parent() {}

    /** Reads {@code FANFARE_PARENT_PID}: the process to outlive by no means; unset or 0 for none. */
    public static int pid(Env env) {
        return env.integer("FANFARE_PARENT_PID", 0, 0, Integer.MAX_VALUE);
    }

    /** Runs {@code exit} once the process has gone; at once if it is not there any more. */
    public static void watch(int pid, Runnable exit) {
        if (pid == 0) {
            return;
        }
        ProcessHandle.of(pid)
                .ifPresentOrElse(
                        parent -> {
                            var unused = parent.onExit().thenRun(exit);
                        },
                        exit);
    }
}
