package fanfare.gateway;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;

/** A balancer in little: passes connections on to a port of this machine, each with a head of the PROXY protocol. */
final class AnnouncingProxy implements AutoCloseable {
    private final NetClient client;
    private final NetServer server;

    private AnnouncingProxy(Vertx vertx, int target, Buffer head) {
        client = vertx.createNetClient();
        server = Cluster.await(vertx.createNetServer()
                .connectHandler(browser -> connect(browser, target, head))
                .listen(0, "127.0.0.1"));
    }

    static AnnouncingProxy to(Vertx vertx, int target, Buffer head) {
        return new AnnouncingProxy(vertx, target, head);
    }

    String uri() {
        return "http://127.0.0.1:" + server.actualPort();
    }

    @Override
    public void close() {
        Cluster.await(server.close());
        Cluster.await(client.close());
    }

    private void connect(NetSocket browser, int target, Buffer head) {
        browser.pause();
        client.connect(target, "127.0.0.1")
                .compose(gateway -> Future.join(gateway.write(head), browser.pipeTo(gateway), gateway.pipeTo(browser)))
                .onComplete(ended -> browser.close());
    }
}
