package fanfare.deploy.command;

import fanfare.config.Env;
import fanfare.process.LogFormat;
import fanfare.process.Logging;
import fanfare.process.Parent;
import io.vertx.core.Verticle;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.function.Function;

/** A command that serves until it is ended, configured by the environment. */
public final class Serving {
    /**
     * What serves.
     *
     * @param port where, for the log
     * @param parentPid the process whose death ends this one, 0 for none
     */
    public record Server(Verticle verticle, int port, int parentPid) {}

    private Serving() {}

    /** Starts what the settings say, unless only help is asked for. */
    public static void run(List<String> arguments, String usage, Function<Env, Server> configured) {
        if (!arguments.isEmpty()) {
            System.out.println(usage);
            return;
        }
        Env env = new Env(System.getenv());
        Logging.install(LogFormat.of(env));
        Server server = configured.apply(env);
        System.Logger log = System.getLogger(server.verticle().getClass().getName());
        log.log(System.Logger.Level.INFO, "settings:" + env.table());
        Parent.watch(server.parentPid(), () -> Runtime.getRuntime().halt(1));
        Vertx.vertx()
                .deployVerticle(server.verticle())
                .onSuccess(id -> log.log(System.Logger.Level.INFO, "listening on port " + server.port()))
                .onFailure(failure -> {
                    log.log(System.Logger.Level.ERROR, "cannot start: " + failure.getMessage());
                    System.exit(1);
                });
    }
}
