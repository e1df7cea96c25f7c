package fanfare.deploy.bench;

import fanfare.deploy.bench.audience.Note;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Queue;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * Site backends that publish over HTTP, each over one kept connection with one request under way.
 * Their requests are bytes made before, in which only numbers change, for they share the machine with what is measured.
 * Confined to the event loop.
 */
final class Callers {
    private static final String END_OF_HEAD = "\r\n\r\n";
    private static final String LENGTH = "content-length: ";
    /** Only the answer to a publication that failed has this, alone or in a batch. */
    static final String PROBLEM = "\"status\":";

    private static final int TICK_MS = 1;
    /**
     * Notes on their way at most while all call as fast as they can: else a publisher that is faster than its gateway piles
     * up what Redis then throws away together with the gateway's connection.
     */
    private static final int UNDER_WAY_MAX = 4_000;

    private final Vertx vertx;
    /** Kept, since a client that nobody holds closes its connections. */
    private final NetClient client;

    private final IntSupplier users;
    private final Sent sent;
    /** How much of it has come to the browsers, as far as is known here. */
    private final LongSupplier heard;

    private final int port;
    private final int batch;
    private final byte[] template;
    /** Where the first publication's user and note stand in the template, and how far on the next one's do. */
    private final int userAt;

    private final int noteAt;
    private final int step;

    private final Queue<Caller> idle = new ArrayDeque<>();
    private int connections;
    /** Calls that the current run makes, and of them those that were made. */
    private long calls;

    private long made;
    private long startNanos;
    /** Between two calls; 0 while each comes as soon as somebody is idle. */
    private double nanosEach;

    private long endNanos;
    private Promise<Void> end = Promise.promise();

    private Callers(Vertx vertx, IntSupplier users, Sent sent, LongSupplier heard, int port, int batch) {
        this.vertx = vertx;
        this.client = vertx.createNetClient();
        this.users = users;
        this.sent = sent;
        this.heard = heard;
        this.port = port;
        this.batch = batch;
        String publication = "{\"to\":{\"user\":\"%s\"},\"namespace\":\"%s\",\"event\":\"%s\",\"data\":%s}"
                .formatted(Note.userName(0), Publishing.NAMESPACE, Publishing.EVENT, Note.blank());
        String body = batch == 1
                ? publication
                : "{\"publications\":[" + String.join(",", Collections.nCopies(batch, publication)) + "]}";
        String request = "POST %s HTTP/1.1\r\nHost: %s:%d\r\nAuthorization: Bearer %s\r\nContent-Type: application/json"
                        .formatted(
                                batch == 1 ? "/v1/publish" : "/v1/batch",
                                Workbench.LOOPBACK,
                                port,
                                Workbench.PUBLISHER_KEY)
                + "\r\nContent-Length: " + body.length() + END_OF_HEAD + body;
        this.template = request.getBytes(StandardCharsets.US_ASCII);
        this.userAt = request.indexOf(Note.userName(0)) + Note.userName(0).length() - Note.USER_DIGITS;
        this.noteAt = request.indexOf(Note.blank());
        this.step = publication.length() + 1;
    }

    /**
     * Connects so many to a publisher on that port.
     *
     * @param users who is published to next
     * @param batch publications in each request
     */
    static Future<Callers> connect(
            Vertx vertx, IntSupplier users, Sent sent, LongSupplier heard, int port, int batch, int connections) {
        Callers callers = new Callers(vertx, users, sent, heard, port, batch);
        return Future.all(IntStream.range(0, connections)
                        .mapToObj(i -> callers.connect())
                        .toList())
                .map(callers);
    }

    private Future<NetSocket> connect() {
        return client.connect(port, Workbench.LOOPBACK).onSuccess(socket -> {
            connections++;
            idle.add(new Caller(socket));
        });
    }

    /** A publisher ends connections on which nothing is said for a while; in the middle of a call it must not. */
    private void closed(Caller caller) {
        if (idle.remove(caller)) {
            connections--;
            // It fails the run that is under way by then.
            connect().onFailure(failure -> end.tryFail(failure));
        } else {
            end.tryFail("the publisher closed a connection");
        }
    }

    /** All of them call as fast as they are answered, for that long; completes when the last one is answered. */
    Future<Void> flatOut(Duration duration) {
        return start(0, Long.MAX_VALUE, duration);
    }

    /** They call at this pace, answered or not: a call that finds nobody idle is late from the moment it was due. */
    Future<Void> paced(double callsPerSecond, Duration duration) {
        return start(1e9 / callsPerSecond, Math.round(callsPerSecond * duration.toNanos() / 1e9), duration);
    }

    /** Ends what {@link #paced} began before its time. */
    void stop() {
        calls = made;
    }

    /** They make so many calls as fast as they are answered. */
    Future<Void> times(long count) {
        return start(1, count, Duration.ZERO);
    }

    private Future<Void> start(double pause, long count, Duration duration) {
        end = Promise.promise();
        made = 0;
        calls = count;
        nanosEach = pause;
        startNanos = System.nanoTime();
        endNanos = startNanos + duration.toNanos();
        pump();
        long timer = vertx.setPeriodic(TICK_MS, tick -> pump());
        return end.future().onComplete(done -> vertx.cancelTimer(timer));
    }

    private void pump() {
        long now = System.nanoTime();
        while (!idle.isEmpty() && isDue(now)) {
            idle.remove().call(nanosEach == 0 ? now : startNanos + Math.round(made * nanosEach));
            made++;
        }
        boolean over = nanosEach == 0 ? now >= endNanos : made == calls;
        if (over && idle.size() == connections) {
            end.tryComplete();
        }
    }

    private boolean isDue(long now) {
        return nanosEach == 0
                ? now < endNanos && sent.notes() - heard.getAsLong() < UNDER_WAY_MAX
                : made < calls && made * nanosEach <= now - startNanos;
    }

    private final class Caller {
        private final NetSocket socket;
        private final StringBuilder answer = new StringBuilder();

        Caller(NetSocket socket) {
            this.socket = socket;
            socket.handler(this::read);
            socket.exceptionHandler(end::tryFail);
            socket.closeHandler(closed -> closed(this));
        }

        void call(long nanos) {
            byte[] request = template.clone();
            for (int i = 0; i < batch; i++) {
                int user = users.getAsInt();
                Note.writeUser(request, userAt + i * step, user);
                Note.write(request, noteAt + i * step, nanos, sent.next(user), user);
            }
            socket.write(Buffer.buffer(request));
        }

        private void read(Buffer bytes) {
            answer.append(bytes.toString(StandardCharsets.ISO_8859_1));
            int head = answer.indexOf(END_OF_HEAD);
            if (head < 0) {
                return;
            }
            int length = answer.indexOf(LENGTH) + LENGTH.length();
            int body = Integer.parseInt(answer.substring(length, answer.indexOf("\r", length)));
            if (answer.length() < head + END_OF_HEAD.length() + body) {
                return;
            }
            if (answer.indexOf("HTTP/1.1 200 ") != 0 || answer.indexOf(PROBLEM) >= 0) {
                end.tryFail("the publisher answered " + answer);
            }
            answer.setLength(0);
            idle.add(this);
            pump();
        }
    }
}
