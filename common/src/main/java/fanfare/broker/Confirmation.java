package fanfare.broker;

import fanfare.redis.LuaScript;
import fanfare.redis.RedisDownException;
import fanfare.redis.RedisLink;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;

/**
 * Sends calls of a script and asks a replica to confirm what they wrote. WAIT speaks of the writes of its own connection, and holds
 * up whatever is behind it; so both go over a connection that does nothing else, in one batch. What arrives while a batch
 * is under way shares the next one.
 */
final class Confirmation {
    /** An answer, and whether a replica has what led to it. */
    record Confirmed(Response answer, boolean replicated) {}

    private record Waiting(Request request, Promise<Confirmed> promise) {}

    private static final int WAIT_MS = 500;
    private static final int BATCH_MAX = 500;

    private final Context context;
    private final RedisLink link;
    private final Supplier<Request> write;
    private final Deque<Waiting> calls = new ArrayDeque<>();
    /** Of the calls at the head, so many go one by one, for one of them broke the batch they were in. */
    private int alone;

    private boolean underWay;

    /** @param write some write, without which WAIT would say nothing of a call that only found what is there */
    Confirmation(Vertx vertx, RedisLink link, Supplier<Request> write) {
        this.context = vertx.getOrCreateContext();
        this.link = link;
        this.write = write;
    }

    /** What has not been sent was meant for the master that is lost. */
    void down() {
        alone = 0;
        List<Waiting> unsent = List.copyOf(calls);
        calls.clear();
        unsent.forEach(call -> call.promise().fail(new RedisDownException("lost Redis before it was sent")));
    }

    Future<Confirmed> call(Request call) {
        Promise<Confirmed> promise = Promise.promise();
        calls.add(new Waiting(call, promise));
        if (calls.size() == 1) {
            context.runOnContext(tick -> flush());
        }
        return promise.future();
    }

    private void flush() {
        if (underWay || calls.isEmpty()) {
            return;
        }
        List<Waiting> batch = new ArrayList<>();
        while (!calls.isEmpty() && batch.size() < (alone > 0 ? 1 : BATCH_MAX)) {
            batch.add(calls.remove());
        }
        alone = Math.max(0, alone - 1);
        List<Request> requests =
                new ArrayList<>(batch.stream().map(Waiting::request).toList());
        requests.add(write.get());
        requests.add(Request.cmd(Command.WAIT).arg(1).arg(WAIT_MS));
        underWay = true;
        link.batch(requests).onComplete(result -> {
            underWay = false;
            if (result.succeeded()) {
                done(batch, result.result());
            } else {
                failed(batch, result.cause());
            }
            flush();
        });
    }

    private void done(List<Waiting> batch, List<Response> answers) {
        boolean replicated = Integer.parseInt(answers.get(answers.size() - 1).toString()) > 0;
        for (int i = 0; i < batch.size(); i++) {
            batch.get(i).promise().complete(new Confirmed(answers.get(i), replicated));
        }
    }

    private void failed(List<Waiting> batch, Throwable failure) {
        if (batch.size() == 1 || failure instanceof RedisDownException || LuaScript.isUnknown(failure)) {
            batch.forEach(call -> call.promise().fail(failure));
        } else {
            for (int i = batch.size() - 1; i >= 0; i--) {
                calls.addFirst(batch.get(i));
            }
            alone += batch.size();
        }
    }
}
