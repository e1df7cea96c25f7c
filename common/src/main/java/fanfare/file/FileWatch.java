package fanfare.file;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.file.FileSystem;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Reads a file again and again, or several that belong together, and puts what they say in force. Confined to one event loop,
 * the reading itself happens on a worker. The text is compared, not the time of change: a mounted secret may change without it.
 */
public final class FileWatch {
    /** What is in force, by the file. */
    public interface Content {
        /**
         * Puts what a file says in force instead of what the last one said; several files are one text.
         *
         * @throws UnusableFileException if it cannot be used; what was in force stays so
         */
        void replace(String text);

        /** How many are in force; asked on any thread. */
        int size();
    }

    private static final System.Logger LOG = System.getLogger(FileWatch.class.getName());
    /** More than this is none of our files [bytes]. */
    private static final int BYTES_MAX = 1 << 20;
    /** A change counts when it was read twice, so it is in force after 2 to 3 periods: less than 10 s [ms]. */
    private static final int PERIOD_MS = 2_000;

    private final Vertx vertx;
    private final List<String> paths;
    private final String things;
    private final Content content;
    /** Read by metrics from other threads. */
    private final AtomicBoolean broken = new AtomicBoolean();
    /** What was read last: the file's text, or why there is none. */
    private String seen = "";
    /** What was judged last, for better or worse. */
    private String judged = "";

    /**
     * Makes a watch.
     *
     * @param things what the file has, in the plural, as in {@code API keys}
     * @param metric what {@code fanfare_} precedes in their gauge, and {@code _file_broken} follows in that of the file
     */
    public FileWatch(
            Vertx vertx, List<String> paths, String things, String metric, Content content, MeterRegistry metrics) {
        this.vertx = vertx;
        this.paths = List.copyOf(paths);
        this.things = things;
        this.content = content;
        Gauge.builder("fanfare_" + metric, content, Content::size)
                .description(things + " in force")
                .register(metrics);
        Gauge.builder("fanfare_" + metric + "_file_broken", broken, flag -> flag.get() ? 1 : 0)
                .description("1 while the file of the " + things
                        + " cannot be used and those of its last good version stay in force")
                .register(metrics);
    }

    /**
     * Reads the file a first time, then keeps watching.
     *
     * @return fails with {@link UnusableFileException} if it cannot be used
     */
    public Future<Void> start() {
        return read(vertx, paths).map(text -> {
            content.replace(text);
            seen = text;
            judged = text;
            vertx.setPeriodic(PERIOD_MS, timer -> look());
            return null;
        });
    }

    private void look() {
        read(vertx, paths).onComplete(result -> {
            String now =
                    result.succeeded() ? result.result() : "!" + result.cause().getMessage();
            // Somebody may be writing it at this very moment: half a file must not take anything out of force.
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
                throw new UnusableFileException(String.valueOf(result.cause().getMessage()));
            }
            content.replace(result.result());
            broken.set(false);
            LOG.log(
                    System.Logger.Level.INFO,
                    "{0} has changed: {1} {2} are in force",
                    String.join(" or ", paths),
                    Integer.toString(content.size()),
                    things);
        } catch (UnusableFileException e) {
            broken.set(true);
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0} cannot be used, the old {1} stay in force: {2}",
                    String.join(" or ", paths),
                    things,
                    e.getMessage());
        }
    }

    /** The text of files, one behind the other; fails with {@link UnusableFileException} if one is missing. */
    public static Future<String> read(Vertx vertx, List<String> paths) {
        List<Future<String>> texts =
                paths.stream().map(path -> read(vertx, path)).toList();
        return Future.all(texts).map(all -> String.join("\n", all.<String>list()));
    }

    /** A file's text; fails with {@link UnusableFileException} if there is none. */
    private static Future<String> read(Vertx vertx, String path) {
        FileSystem files = vertx.fileSystem();
        return files.props(path)
                .compose(props -> props.isRegularFile() && props.size() <= BYTES_MAX
                        ? files.readFile(path).map(text -> text.toString())
                        : Future.failedFuture(
                                new UnusableFileException("it is no file of at most " + BYTES_MAX + " bytes")))
                .recover(failure -> Future.failedFuture(
                        failure instanceof UnusableFileException
                                ? failure
                                : new UnusableFileException("it cannot be read")));
    }
}
