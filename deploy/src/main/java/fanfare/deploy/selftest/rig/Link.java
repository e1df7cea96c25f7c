package fanfare.deploy.selftest.rig;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * The network between a process and its Redis: a TCP proxy that may go dead without a word, be cut, and lead to another
 * server. Its methods may be called on any thread but an event loop; all else is confined to one event loop.
 */
public final class Link {
    private static final String LOOPBACK = "127.0.0.1";

    /** One connection, both ends; once dead it stays so, as a network does that forgot it. */
    private static final class Pair {
        final NetSocket near;
        final NetSocket far;
        boolean dead;
        /** An end has left while the pair was dead, and nobody at the other end was told. */
        boolean abandoned;

        Pair(NetSocket near, NetSocket far) {
            this.near = near;
            this.far = far;
        }

        /** As the other end hears of it. */
        void end() {
            abandoned = true;
            close();
        }

        void close() {
            near.close();
            far.close();
        }
    }

    private final int port;
    private final Context context;
    private final NetClient client;
    private final List<Pair> pairs = new ArrayList<>();
    private int target;
    private long bytesFromTarget;
    /** New connections are dead from the start. */
    private boolean swallowing;

    private boolean refusing;

    private Link(Vertx vertx, Context context, int port, int target) {
        this.context = context;
        this.client = vertx.createNetClient();
        this.port = port;
        this.target = target;
    }

    /** Opens one; called by any thread but an event loop. */
    public static Link open(Vertx vertx, Context context, int port, int target) {
        Link link = new Link(vertx, context, port, target);
        NetServer server = link.ask(() -> vertx.createNetServer(
                        new NetServerOptions().setHost(LOOPBACK).setPort(port))
                .connectHandler(link::accept));
        link.ask(server::listen).toCompletionStage().toCompletableFuture().join();
        return link;
    }

    public int port() {
        return port;
    }

    /** How many there are, dead ones included. */
    int connections() {
        return ask(pairs::size);
    }

    /** What has come from the other side of all its connections until now. */
    public long bytesFromTarget() {
        return ask(() -> bytesFromTarget);
    }

    /** What is connected now is dead for good, and so is all that connects before {@link #heal}. */
    public void swallow() {
        ask(() -> {
            swallowing = true;
            killAll();
            return true;
        });
    }

    /** What is connected now is dead for good; new connections work. */
    public void forget() {
        ask(() -> {
            killAll();
            return true;
        });
    }

    /** Ends every connection and refuses new ones until {@link #heal}. */
    public void cut() {
        ask(() -> {
            refusing = true;
            List.copyOf(pairs).forEach(Pair::close);
            return true;
        });
    }

    /** New connections work again; what an end has left is taken away. */
    public void heal() {
        ask(() -> {
            swallowing = false;
            refusing = false;
            pairs.stream().filter(pair -> pair.abandoned).toList().forEach(Pair::close);
            return true;
        });
    }

    /** Takes everything away that is dead, so that both ends notice at last; new connections work. */
    public void mend() {
        heal();
        ask(() -> {
            pairs.stream().filter(pair -> pair.dead).toList().forEach(Pair::end);
            return true;
        });
    }

    /** Leads to another server from now on. */
    public void retarget(int newTarget) {
        ask(() -> {
            target = newTarget;
            return true;
        });
    }

    private void killAll() {
        pairs.forEach(pair -> {
            pair.dead = true;
            // What waited for the other end to read is dropped too, and must not hold up this one.
            pair.near.resume();
            pair.far.resume();
        });
    }

    private void accept(NetSocket near) {
        if (refusing) {
            near.close();
            return;
        }
        near.pause();
        client.connect(target, LOOPBACK)
                .onSuccess(far -> {
                    Pair pair = new Pair(near, far);
                    pair.dead = swallowing;
                    pairs.add(pair);
                    forward(pair, near, far);
                    forward(pair, far, near);
                    near.resume();
                })
                .onFailure(failure -> near.close());
    }

    private void forward(Pair pair, NetSocket from, NetSocket to) {
        from.exceptionHandler(failure -> {}); // The close handler follows.
        from.handler(bytes -> {
            if (pair.dead) {
                return;
            }
            bytesFromTarget += from == pair.far ? bytes.length() : 0;
            to.write(bytes);
            if (to.writeQueueFull()) {
                from.pause();
                to.drainHandler(drained -> from.resume());
            }
        });
        from.closeHandler(closed -> {
            if (pair.dead && !pair.abandoned) {
                pair.abandoned = true;
                return;
            }
            pairs.remove(pair);
            pair.close();
        });
    }

    /** Runs something on the event loop and waits for it. */
    private <T> T ask(Supplier<T> work) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        context.runOnContext(turn -> {
            try {
                answer.complete(work.get());
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        return answer.join();
    }
}
