package fanfare.publisher.openapi;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/** {@code GET /v1/openapi.yaml}: this API as a document, for whoever asks. */
public final class OpenApiHandler implements Handler<RoutingContext> {
    private static final String DOCUMENT = "/fanfare/publisher/openapi.yaml";

    private final Buffer document;

    public OpenApiHandler() {
        try (InputStream in = Objects.requireNonNull(OpenApiHandler.class.getResourceAsStream(DOCUMENT), DOCUMENT)) {
            this.document = Buffer.buffer(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void handle(RoutingContext context) {
        // It changes with the program only, and a caller may go through several publishers while they are replaced.
        context.response()
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/yaml")
                .putHeader(HttpHeaders.CACHE_CONTROL, "max-age=300")
                .end(document);
    }
}
