package fanfare.check;

import fanfare.config.ConfigException;
import fanfare.config.Env;
import fanfare.http.TakenPort;
import fanfare.process.Logging;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/** Runs the command for one kind of process. */
public final class CheckConfig {
    public static final String NAME = "check-config";
    /** For the {@code --help} of a process. */
    public static final String HELP =
            """
                reads the settings as a start would, and tries what they name; ends with 0 if it could start and work,
                1 if something cannot be reached or is not as needed, 2 if settings are wrong
            """;

    /** More than all checks together may take [s]. */
    private static final int TRY_S_MAX = 30;

    private CheckConfig() {}

    /** What a process needs beyond its settings. */
    public interface Needs<C> {
        /** Looks at each of them; begins on the main thread. */
        Future<Void> check(Vertx vertx, C config, Report report);
    }

    /**
     * Prints the settings and what is wrong with them, or what the checks found.
     *
     * @return the exit code
     */
    public static <C> int run(Env env, Function<Env, C> settings, Needs<C> needs, PrintStream out) {
        Logging.silence();
        Report report = new Report(out);
        try {
            C config = settings.apply(env);
            out.println("settings:" + env.table());
            check(config, needs, report);
        } catch (ConfigException e) {
            out.println("settings:" + env.table());
            String.valueOf(e.getMessage()).lines().forEach(report::mistake);
        }
        return report.exitCode();
    }

    /** Says so if a port cannot be listened on; nothing if it can, or if any free one will do. */
    public static void port(String host, int port, String setting, Report report) {
        if (port == 0) {
            return;
        }
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(host, port));
        } catch (IOException e) {
            if (TakenPort.isCauseOf(e)) {
                report.warning(
                        setting, "port " + port + " is taken; unless it is by the process itself, set it to another");
            } else {
                report.mistake(setting + ": cannot listen on " + host + ", port " + port + ": " + e.getMessage());
            }
        }
    }

    private static <C> void check(C config, Needs<C> needs, Report report) {
        Vertx vertx = Vertx.vertx(new VertxOptions()
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        try {
            needs.check(vertx, config, report)
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(TRY_S_MAX, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            report.error(NAME, "gave up after " + TRY_S_MAX + " s");
        } catch (ExecutionException e) {
            report.error(NAME, String.valueOf(e.getCause()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            var unused = vertx.close();
        }
    }
}
