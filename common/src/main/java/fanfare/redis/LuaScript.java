package fanfare.redis;

import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A Lua script kept as a resource and called by its SHA-1; Redis is sent the source only when it does not know it. */
public final class LuaScript {
    private final String source;
    private final String sha1;

    /** The script {@code fanfare/redis/<name>.lua} on the class path; of several names, the one after the other. */
    public LuaScript(String... names) {
        this.source = Stream.of(names)
                .map(name -> resource("fanfare/redis/" + name + ".lua"))
                .collect(Collectors.joining());
        this.sha1 = sha1(source);
    }

    /** The call by SHA-1, for a caller that sends it itself and {@link #load}s the script when Redis does not know it. */
    public Request call(List<String> keys, List<?> args) {
        Request request = call(keys.size());
        keys.forEach(request::arg);
        args.forEach(arg -> request.arg(arg.toString()));
        return request;
    }

    /** The beginning of such a call: what is to be added are so many keys, and then the arguments. */
    public Request call(int keys) {
        return Request.cmd(Command.EVALSHA).arg(sha1).arg(keys);
    }

    public Request load() {
        return Request.cmd(Command.SCRIPT).arg("LOAD").arg(source);
    }

    /** Whether a call failed because Redis does not know the script. */
    public static boolean isUnknown(Throwable failure) {
        String message = failure.getMessage();
        return message != null && message.contains("NOSCRIPT");
    }

    /** Runs the script. Keys and arguments stand in the order of the script's header. */
    public Future<Response> run(RedisLink link, List<String> keys, List<?> args) {
        return run(link, call(keys, args));
    }

    /** The same where the first of the keys is; all are in one slot. */
    public Future<Response> run(RedisLinks links, List<String> keys, List<?> args) {
        String key = keys.get(0);
        Request call = call(keys, args);
        return links.send(key, call)
                .recover(failure -> isUnknown(failure)
                        // To whoever has the key now, be it with ASKING: each has its own scripts.
                        ? Future.join(links.all().stream()
                                        .map(link -> link.send(load()))
                                        .toList())
                                .otherwiseEmpty()
                                .compose(known -> links.send(key, call))
                        : Future.failedFuture(failure));
    }

    /** Sends a {@link #call}, and what it calls if Redis does not know that. */
    public Future<Response> run(RedisLink link, Request call) {
        return link.send(call)
                .recover(failure -> isUnknown(failure)
                        ? link.send(load()).compose(known -> link.send(call))
                        : Future.failedFuture(failure));
    }

    private static String resource(String path) {
        try (InputStream in = LuaScript.class.getClassLoader().getResourceAsStream(path)) {
            if (in == null) {
                throw new IllegalArgumentException("no script " + path);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String sha1(String source) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-1").digest(source.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
