package fanfare.deploy.bench;

import fanfare.channel.Channel;
import fanfare.deploy.bench.audience.Note;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Publishes to users drawn at random so many times a second, whatever becomes of it; what is refused is published again under
 * its id, as a site does. Confined to the event loop.
 */
final class Pace {
    private static final int TICK_MS = 2;
    private static final int AGAIN_MS = 20;

    private final Vertx vertx;
    private final Publishing publishing;
    private final Sent sent;
    private final List<Integer> users;
    private final double nanosEach;
    private final Random random;
    private final String ids;
    private final byte[] note = Note.blank().getBytes(StandardCharsets.US_ASCII);
    private long startNanos;
    private long timer;
    private long made;
    private long stored;
    private Promise<Void> end = Promise.promise();
    private boolean ending;

    /** @param ids of its publications, with a place for their numbers */
    Pace(
            Vertx vertx,
            Publishing publishing,
            Sent sent,
            List<Integer> users,
            double perSecond,
            Random random,
            String ids) {
        this.vertx = vertx;
        this.publishing = publishing;
        this.sent = sent;
        this.users = users;
        this.nanosEach = 1e9 / perSecond;
        this.random = random;
        this.ids = ids;
    }

    void start() {
        startNanos = System.nanoTime();
        timer = vertx.setPeriodic(TICK_MS, tick -> pump());
    }

    /** Nothing new is published; completes when all is stored. */
    Future<Void> end() {
        vertx.cancelTimer(timer);
        ending = true;
        endIfStored();
        return end.future();
    }

    private void pump() {
        while (made * nanosEach <= System.nanoTime() - startNanos) {
            int user = users.get(random.nextInt(users.size()));
            // A publication that is late counts from the moment that it was due.
            Note.write(note, 0, startNanos + Math.round(made * nanosEach), sent.next(user), user);
            made++;
            publish(user, ids.formatted(made), new String(note, StandardCharsets.US_ASCII));
        }
    }

    private void publish(int user, String id, String data) {
        publishing
                .publish(Channel.user(Note.userName(user)), id, data)
                .onSuccess(published -> {
                    stored++;
                    endIfStored();
                })
                .onFailure(failure ->
                        vertx.timer(AGAIN_MS, TimeUnit.MILLISECONDS).onSuccess(again -> publish(user, id, data)));
    }

    private void endIfStored() {
        if (ending && stored == made) {
            end.tryComplete();
        }
    }
}
