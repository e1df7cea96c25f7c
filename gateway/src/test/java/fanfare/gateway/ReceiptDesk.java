package fanfare.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.broker.Published;
import fanfare.channel.Channel;
import fanfare.channel.Publication;
import fanfare.receipt.Delivery;
import fanfare.receipt.Delivery.State;
import fanfare.receipt.ReceiptReader;
import fanfare.receipt.ReceiptWriter;
import fanfare.receipt.Stored;
import fanfare.redis.Keys;
import fanfare.testing.Await;
import java.util.List;
import java.util.UUID;

/** Publishes what is to have a receipt, as the publisher does, and reads that. */
final class ReceiptDesk {
    static final int SECONDS = 3_600;

    private final Cluster cluster;
    private final ReceiptWriter writer;
    private final ReceiptReader reader;

    ReceiptDesk(Cluster cluster) {
        Keys keys = new Keys(cluster.redis().prefix());
        this.cluster = cluster;
        this.writer = new ReceiptWriter(cluster.publisherLinks(), keys);
        this.reader = new ReceiptReader(cluster.publisherLinks(), keys);
    }

    /** Returns the id. */
    String publish(Channel channel, String event, String data) {
        String id = UUID.randomUUID().toString();
        Publication publication = new Publication(id, Cluster.NAMESPACE, event, data, SECONDS, SECONDS);
        Published published = cluster.publish(channel, publication);
        Stored stored = new Stored(
                published.position().toString(),
                published.serverMs(),
                published.expiresMs(),
                published.routed(),
                Cluster.NAMESPACE,
                event);
        assertThat(cluster.onPublisherLoop(
                        () -> writer.stored(id, channel, stored, published.serverMs() + SECONDS * 1_000L, true)))
                .isTrue();
        return id;
    }

    Delivery await(String id, State state) {
        Await.until("the receipt says " + state, () -> delivery(id).state() == state);
        return delivery(id);
    }

    Delivery delivery(String id) {
        List<Delivery> all = cluster.onPublisherLoop(() -> reader.read(id));
        assertThat(all).hasSize(1);
        return all.get(0);
    }
}
