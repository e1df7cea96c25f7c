package fanfare.gateway.auth;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.handler.codec.haproxy.HAProxyProtocolException;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Lets only trusted proxies announce a browser's address, where connections begin with a head of the PROXY protocol: the
 * connections of everybody else are closed, since a head can claim any address. Safe on any thread, for all event loops
 * of a gateway to share.
 */
public final class ProxyHeads {
    private static final System.Logger LOG = System.getLogger(ProxyHeads.class.getName());
    private static final long LOG_PERIOD_NS = TimeUnit.MINUTES.toNanos(1);

    private final ProxyProtocol protocol;
    private final ClientAddress proxies;
    private final Refusals strangers;
    private final Refusals unreadable;

    ProxyHeads(ProxyProtocol protocol, ClientAddress proxies, MeterRegistry metrics) {
        this.protocol = protocol;
        this.proxies = proxies;
        this.strangers = new Refusals(metrics, "peer");
        this.unreadable = new Refusals(metrics, "head");
    }

    public boolean isExpected() {
        return protocol == ProxyProtocol.ON;
    }

    /** Closes a new connection, whose head has been read, unless it may go on to {@code next}. */
    public Handler<HttpConnection> connections(Handler<HttpConnection> next) {
        return connection -> {
            if (isAdmitted(connection)) {
                next.handle(connection);
            } else {
                SocketAddress peer = connection.remoteAddress(true);
                strangers.add("A connection from " + (peer == null ? "a peer that is gone" : peer.hostAddress())
                        + " was closed: with FANFARE_PROXY_PROTOCOL, only FANFARE_TRUSTED_PROXIES may connect");
                connection.close();
            }
        };
    }

    /** Drops the request of a stranger: what came together with its head is served even after the connection was closed. */
    public Handler<HttpServerRequest> requests(Handler<HttpServerRequest> next) {
        return request -> {
            if (isAdmitted(request.connection())) {
                next.handle(request);
            }
        };
    }

    /** Hears of every error of a connection, and counts a head that cannot be read. It is not logged, being the peer's. */
    public void failed(Throwable cause) {
        if (cause instanceof HAProxyProtocolException) {
            unreadable.add("A connection was closed, since it did not begin with a head of the PROXY protocol; "
                    + "with FANFARE_PROXY_PROTOCOL, the balancer has to send one (HAProxy: send-proxy-v2)");
        }
    }

    private boolean isAdmitted(HttpConnection connection) {
        return !isExpected() || proxies.trusts(connection.remoteAddress(true));
    }

    /** Counts each and writes a line about one a minute. */
    private static final class Refusals {
        private final Counter counter;
        /** When the last line was written [ns]. */
        private final AtomicLong writtenAtNs = new AtomicLong(System.nanoTime() - LOG_PERIOD_NS);

        Refusals(MeterRegistry metrics, String reason) {
            counter = Counter.builder("fanfare_proxy_refusals_total")
                    .description("Connections closed because of who sent their PROXY protocol head, or what was in it")
                    .tag("reason", reason)
                    .register(metrics);
        }

        void add(String line) {
            counter.increment();
            long last = writtenAtNs.get();
            long now = System.nanoTime();
            if (now - last >= LOG_PERIOD_NS && writtenAtNs.compareAndSet(last, now)) {
                LOG.log(System.Logger.Level.WARNING, line);
            }
        }
    }
}
