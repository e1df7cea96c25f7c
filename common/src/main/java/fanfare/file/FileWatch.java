package fanfare.file;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.file.FileSystem;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Reads a file again and again, or several that belong together, and puts what they say in force. One look begins when the
 * last is over; the reading itself happens on a worker. The text is compared, not the time of change: a mounted secret may change without it.
 */
public final class FileWatch {
    /** What is in force, by the file. */
    public interface Content {
        /**
         * Puts what a file says in force instead of what the last one said; several files are one text.
         *
         * @return fails, or it throws, {@link UnusableFileException} if it cannot be used; what was in force stays so
         */
        Future<Void> replace(String text);

        /** How many are in force; asked on any thread. */
        int size();
    }

    private static final System.Logger LOG = System.getLogger(FileWatch.class.getName());
    /** More than this is none of our files [bytes]. */
    private static final int BYTES_MAX = 1 << 20;
    /** A change counts when it was read twice, so it is in force after 2 to 3 periods: less than 10 s. */
    public static final Duration PERIOD = Duration.ofSeconds(2);
    /** What could not be used is tried again after so many looks, a minute: a certificate may have become valid. */
    private static final int LOOKS_UNTIL_AGAIN = 30;

    private final Vertx vertx;
    private final List<String> paths;
    private final String things;
    private final Content content;
    private final Duration period;
    /** Read by metrics from other threads. */
    private final AtomicBoolean broken = new AtomicBoolean();
    /** What was read last: the file's text, or why there is none. */
    private String seen = "";
    /** What was judged last, for better or worse. */
    private String judged = "";
    /** Looks since then. */
    private int looks;
    /** What the log has said of it; empty if it can be used. */
    private String complaint = "";

    /**
     * Makes a watch.
     *
     * @param things what the file has, in the plural, as in {@code API keys}
     * @param period between two looks, usually {@link #PERIOD}
     * @param metric what {@code fanfare_} precedes in their gauge, and {@code _file_broken} follows in that of the file
     */
    public FileWatch(
            Vertx vertx,
            List<String> paths,
            String things,
            String metric,
            Content content,
            Duration period,
            MeterRegistry metrics) {
        this.vertx = vertx;
        this.paths = List.copyOf(paths);
        this.things = things;
        this.content = content;
        this.period = period;
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
     * @return fails with {@link UnusableFileException} if it cannot be used; then there is no watch
     */
    public Future<Void> start() {
        return read(vertx, paths).compose(text -> {
            seen = text;
            judged = text;
            return content.replace(text).onSuccess(inForce -> lookLater());
        });
    }

    private void lookLater() {
        vertx.setTimer(
                period.toMillis(),
                timer -> read(vertx, paths).transform(this::look).onComplete(looked -> lookLater()));
    }

    private Future<Void> look(AsyncResult<String> read) {
        String now = read.succeeded() ? read.result() : "!" + read.cause().getMessage();
        // Somebody may be writing it at this very moment: half a file must not take anything out of force.
        boolean settled = now.equals(seen);
        seen = now;
        looks++;
        boolean again = broken.get() && looks >= LOOKS_UNTIL_AGAIN;
        if (!settled || (now.equals(judged) && !again)) {
            return Future.succeededFuture();
        }
        judged = now;
        looks = 0;
        Future<String> text =
                read.succeeded() ? Future.succeededFuture(read.result()) : Future.failedFuture(read.cause());
        return text.compose(content::replace).onSuccess(inForce -> used()).onFailure(this::refused);
    }

    private void used() {
        broken.set(false);
        complaint = "";
        LOG.log(
                System.Logger.Level.INFO,
                "{0} has changed: {1} {2} are in force",
                String.join(" or ", paths),
                Integer.toString(content.size()),
                things);
    }

    private void refused(Throwable why) {
        broken.set(true);
        String now = String.valueOf(why.getMessage());
        if (!now.equals(complaint)) {
            complaint = now;
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0} cannot be used, the old {1} stay in force: {2}",
                    String.join(" or ", paths),
                    things,
                    now);
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
