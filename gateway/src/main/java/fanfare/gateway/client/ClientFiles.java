package fanfare.gateway.client;

import fanfare.http.EntityTag;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.zip.CRC32;

/** The scripts under {@code /client}, kept in memory. Their addresses are stable, so browsers ask whether they changed. */
public final class ClientFiles {
    private static final String SOCKJS = "META-INF/resources/webjars/sockjs-client/%s/dist/sockjs.min.js";
    private static final String MODULE_END = "export { Fanfare as default, Fanfare };";
    private static final String SCRIPT = "text/javascript; charset=utf-8";

    private record ClientFile(String type, Buffer content, String etag) {}

    private final Map<String, ClientFile> files;

    public ClientFiles() {
        String module = new String(resource("fanfare/client/fanfare.js"), StandardCharsets.UTF_8);
        files = Map.of(
                "fanfare.js", file(SCRIPT, module.getBytes(StandardCharsets.UTF_8)),
                "fanfare.global.js", file(SCRIPT, classic(module).getBytes(StandardCharsets.UTF_8)),
                "fanfare.d.ts", file("application/typescript; charset=utf-8", resource("fanfare/client/fanfare.d.ts")),
                "sockjs.min.js", file(SCRIPT, resource(SOCKJS.formatted(sockJsVersion()))));
    }

    public void install(Router router) {
        router.get("/client/:file").handler(this::serve);
    }

    private void serve(RoutingContext context) {
        ClientFile file = files.get(context.pathParam("file"));
        if (file == null) {
            context.next();
            return;
        }
        // Any site's page may load these; a module from another origin needs to be told so.
        context.response()
                .putHeader("Access-Control-Allow-Origin", "*")
                .putHeader("Cache-Control", "public, no-cache")
                .putHeader("X-Content-Type-Options", "nosniff");
        EntityTag.answer(context, file.etag(), file.type(), file.content());
    }

    /** The module as a script for pages without modules: the same code, with the class as a global. */
    private static String classic(String module) {
        int end = module.lastIndexOf(MODULE_END);
        if (end < 0) {
            throw new IllegalStateException("fanfare.js does not end with: " + MODULE_END);
        }
        return "(() => {\n" + module.substring(0, end) + "globalThis.Fanfare = Fanfare;\n})();\n";
    }

    /** WebJars have their version in their paths; the build writes down which one it is. */
    private static String sockJsVersion() {
        return new String(resource("fanfare/client/sockjs-client.version"), StandardCharsets.UTF_8).trim();
    }

    private static ClientFile file(String type, byte[] content) {
        CRC32 crc = new CRC32();
        crc.update(content);
        String etag = "\"" + HexFormat.of().toHexDigits(crc.getValue()) + content.length + "\"";
        return new ClientFile(type, Buffer.buffer(content), etag);
    }

    private static byte[] resource(String path) {
        try (InputStream in = ClientFiles.class.getClassLoader().getResourceAsStream(path)) {
            if (in == null) {
                throw new IllegalStateException("not on the class path: " + path);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
