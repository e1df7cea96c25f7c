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

/** A Lua script kept as a resource and called by its SHA-1; Redis is sent the source only when it does not know it. */
public final class LuaScript {
    private final String source;
    private final String sha1;

    /** The script {@code fanfare/redis/<name>.lua} on the class path. */
    public LuaScript(String name) {
        this.source = resource("fanfare/redis/" + name + ".lua");
        this.sha1 = sha1(source);
    }

    /** Runs the script. Keys and arguments stand in the order of the script's header; an argument may be a Buffer. */
    public Future<Response> run(RedisLink link, List<String> keys, List<?> args) {
        return link.send(request(Command.EVALSHA, sha1, keys, args)).recover(failure -> {
            String message = failure.getMessage();
            return message != null && message.contains("NOSCRIPT")
                    ? link.send(request(Command.EVAL, source, keys, args))
                    : Future.failedFuture(failure);
        });
    }

    private static Request request(Command command, String script, List<String> keys, List<?> args) {
        Request request = Request.cmd(command).arg(script).arg(keys.size());
        keys.forEach(request::arg);
        for (Object arg : args) {
            if (arg instanceof io.vertx.core.buffer.Buffer buffer) {
                request.arg(buffer);
            } else {
                request.arg(arg.toString());
            }
        }
        return request;
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
