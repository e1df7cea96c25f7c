package fanfare.deploy.selftest.rig;

import fanfare.deploy.dev.Child;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Every process that was started. Filled by the main thread, ended by the exit hook, perhaps while more are to come. */
public final class Children {
    /** Guarded by this, as is the next. */
    private final List<Child> children = new ArrayList<>();

    private boolean stopping;

    interface Start {
        Child start() throws IOException;
    }

    synchronized Child add(Start start) throws IOException {
        if (stopping) {
            throw new IOException("stopping");
        }
        Child child = start.start();
        children.add(child);
        return child;
    }

    /** At once, the paused ones too: nobody in this cluster deserves a good-bye. */
    public void stop() throws InterruptedException {
        List<Child> all;
        synchronized (this) {
            stopping = true;
            all = List.copyOf(children);
        }
        for (Child child : all) {
            child.kill();
        }
    }
}
