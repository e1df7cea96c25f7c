package fanfare.publisher.auth;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.file.FileSystem;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Reads the key file again and again, and puts what it says in force. Confined to one event loop, the reading itself
 * happens on a worker. The text is compared, not the time of change: a mounted secret may change without it.
 */
public final class KeyFileWatch {
    private static final System.Logger LOG = System.getLogger(KeyFileWatch.class.getName());
    /** A change counts when it was read twice, so it is in force after 2 to 3 periods: less than 10 s [ms]. */
    private static final int PERIOD_MS = 2_000;

    private final Vertx vertx;
    private final String path;
    private final Keyring ring;
    /** Read by metrics from other threads. */
    private final AtomicBoolean broken = new AtomicBoolean();
    /** What was read last: the file's text, or why there is none. */
    private String seen = "";
    /** What was judged last, for better or worse. */
    private String judged = "";

    public KeyFileWatch(Vertx vertx, String path, Keyring ring, MeterRegistry metrics) {
        this.vertx = vertx;
        this.path = path;
        this.ring = ring;
        Gauge.builder("fanfare_keys", ring, Keyring::size)
                .description("API keys in force")
                .register(metrics);
        Gauge.builder("fanfare_keys_file_broken", broken, flag -> flag.get() ? 1 : 0)
                .description("1 while the key file cannot be used and the keys of its last good version stay in force")
                .register(metrics);
    }

    /**
     * Reads the file a first time, then keeps watching.
     *
     * @return fails with {@link KeyFileException} if it cannot be used
     */
    public Future<Void> start() {
        return read(vertx, path).map(text -> {
            ring.replace(text);
            seen = text;
            judged = text;
            vertx.setPeriodic(PERIOD_MS, timer -> look());
            return null;
        });
    }

    private void look() {
        read(vertx, path).onComplete(result -> {
            String now =
                    result.succeeded() ? result.result() : "!" + result.cause().getMessage();
            // Somebody may be writing it at this very moment: half a file must not take keys out of force.
            boolean settled = now.equals(seen);
            seen = now;
            if (settled && !now.equals(judged)) {
                judged = now;
                judge(result);
            }
        });
    }

    private void judge(AsyncResult<String> result) {
        try {
            if (result.failed()) {
                throw new KeyFileException(String.valueOf(result.cause().getMessage()));
            }
            ring.replace(result.result());
            broken.set(false);
            LOG.log(System.Logger.Level.INFO, "{0} has changed: {1} keys are in force", path, "" + ring.size());
        } catch (KeyFileException e) {
            broken.set(true);
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0} cannot be used, the old keys stay in force: {1}",
                    path,
                    e.getMessage());
        }
    }

    /** The file's text; fails with {@link KeyFileException} if there is none. */
    static Future<String> read(Vertx vertx, String path) {
        FileSystem files = vertx.fileSystem();
        return files.props(path)
                .compose(props -> props.isRegularFile() && props.size() <= KeyFile.BYTES_MAX
                        ? files.readFile(path).map(text -> text.toString())
                        : Future.failedFuture(
                                new KeyFileException("it is no file of at most " + KeyFile.BYTES_MAX + " bytes")))
                .recover(failure -> Future.failedFuture(
                        failure instanceof KeyFileException ? failure : new KeyFileException("it cannot be read")));
    }
}
