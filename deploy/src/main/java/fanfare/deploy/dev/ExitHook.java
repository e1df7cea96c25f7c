package fanfare.deploy.dev;

/** Stops the cluster when the JVM ends, for whatever reason, and decides the exit code. */
final class ExitHook implements Runnable {
    private final Cluster cluster;
    /** Written before the exit begins. A signal leaves it 0: being told to stop is no failure. */
    private volatile int code;

    ExitHook(Cluster cluster) {
        this.cluster = cluster;
    }

    /** Ends the JVM with code 1, unless a signal is already ending it. */
    void fail(String reason) {
        synchronized (this) {
            if (cluster.isStopping()) {
                return;
            }
            code = 1;
        }
        System.err.println(reason);
        System.exit(code);
    }

    @Override
    public void run() {
        if (code == 0) {
            System.out.println("Stopping");
        }
        try {
            cluster.stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        System.out.flush();
        // Otherwise a JVM that was told to stop exits with 128 + the signal's number.
        Runtime.getRuntime().halt(code);
    }
}
