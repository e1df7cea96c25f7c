package fanfare.deploy.bench.plain;

import fanfare.config.Env;
import fanfare.process.LogFormat;
import fanfare.process.Logging;
import fanfare.process.Parent;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/** {@code deploy.jar bench plain-gateway|plain-publisher PORT REDIS-PORT}: one process of the baseline. */
public final class PlainProcess {
    static final String LOOPBACK = "127.0.0.1";
    /** Asked until it is answered, by whoever started the process. */
    static final String READY = "/readyz";
    /** Commands whose answers are out; each subscription is one of them. */
    private static final int COMMANDS_MAX = 200_000;

    private PlainProcess() {}

    /** Goes on after the return, until the process is ended or the one that started it has gone. */
    public static void gateway(List<String> arguments) {
        int port = Integer.parseInt(arguments.get(0));
        run(redis -> new PlainGateway(redis, port), arguments.get(1));
    }

    /** Goes on after the return, until the process is ended or the one that started it has gone. */
    public static void publisher(List<String> arguments) {
        int port = Integer.parseInt(arguments.get(0));
        run(redis -> new PlainPublisher(redis, port), arguments.get(1));
    }

    private static void run(Function<Redis, VerticleBase> role, String redisPort) {
        Logging.install(LogFormat.TEXT);
        Parent.watch(
                Parent.pid(new Env(System.getenv())), () -> Runtime.getRuntime().halt(1));
        Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
        RedisOptions options = new RedisOptions()
                .setConnectionString("redis://" + LOOPBACK + ":" + redisPort)
                .setMaxWaitingHandlers(COMMANDS_MAX);
        Supplier<VerticleBase> maker = () -> role.apply(Redis.createClient(vertx, options));
        vertx.deployVerticle(
                        maker,
                        new DeploymentOptions()
                                .setInstances(Runtime.getRuntime().availableProcessors()))
                .onFailure(failure -> {
                    System.err.println("cannot start: " + failure);
                    Runtime.getRuntime().halt(1);
                });
    }
}
