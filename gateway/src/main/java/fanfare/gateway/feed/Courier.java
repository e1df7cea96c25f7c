package fanfare.gateway.feed;

import fanfare.gateway.session.Hub;
import io.vertx.core.Context;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes to one hub what the feed has for it, in order: what comes up in one tick of the node loop, such as all the messages
 * of one read from Redis, goes over in one task. Confined to the node loop.
 */
final class Courier {
    private final Context nodeLoop;
    private final Hub hub;
    /** Of this tick; each runs on the hub's loop. */
    private List<Runnable> tasks = new ArrayList<>();

    Courier(Context nodeLoop, Hub hub) {
        this.nodeLoop = nodeLoop;
        this.hub = hub;
    }

    Hub hub() {
        return hub;
    }

    void hand(Runnable task) {
        tasks.add(task);
        if (tasks.size() == 1) {
            nodeLoop.runOnContext(tick -> {
                List<Runnable> all = tasks;
                tasks = new ArrayList<>();
                hub.execute(() -> run(all));
            });
        }
    }

    /** A bug in one of them keeps none of the others back. */
    private void run(List<Runnable> all) {
        for (Runnable task : all) {
            try {
                task.run();
            } catch (RuntimeException bug) {
                hub.execute(() -> {
                    throw bug;
                });
            }
        }
    }
}
