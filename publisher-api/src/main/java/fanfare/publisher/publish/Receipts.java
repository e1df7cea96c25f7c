package fanfare.publisher.publish;

import fanfare.broker.Published;
import fanfare.channel.Channel;
import fanfare.channel.Publication;
import fanfare.receipt.ReceiptWriter;
import fanfare.receipt.Stored;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Begins the receipts that callers ask for, before these have their answers. Confined to the event loop of its link. */
final class Receipts {
    /** A publication is stored by then, and its caller has waited enough for what is only a note about it [ms]. */
    private static final int WAIT_MS_MAX = 1_000;

    private final ReceiptWriter writer;
    private final Counter begun;
    private final Counter none;
    private final Counter failed;

    Receipts(ReceiptWriter writer, MeterRegistry metrics) {
        this.writer = writer;
        this.begun = counter("begun", metrics);
        this.none = counter("none", metrics);
        this.failed = counter("failed", metrics);
    }

    /** Whether there is a receipt for what was stored; null if none was asked for. Never fails. */
    Future<@Nullable Boolean> noted(Publication publication, Channel channel, Published published) {
        if (publication.receiptSeconds() == 0) {
            return Future.succeededFuture();
        }
        Stored stored = new Stored(
                published.position().toString(),
                published.serverMs(),
                published.expiresMs(),
                published.routed(),
                publication.namespace(),
                publication.event());
        long endMs = published.serverMs() + publication.receiptSeconds() * 1_000L;
        return writer.stored(publication.id(), channel, stored, endMs, published.alike())
                .timeout(WAIT_MS_MAX, TimeUnit.MILLISECONDS)
                .onSuccess(there -> (there ? begun : none).increment())
                .onFailure(failure -> failed.increment())
                .otherwise(false)
                .map(there -> there);
    }

    private static Counter counter(String outcome, MeterRegistry metrics) {
        return Counter.builder("fanfare_receipts_total")
                .description(
                        "Receipts that were asked for, one for each channel; none: nothing to begin; failed: Redis did not begin it")
                .tag("outcome", outcome)
                .register(metrics);
    }
}
