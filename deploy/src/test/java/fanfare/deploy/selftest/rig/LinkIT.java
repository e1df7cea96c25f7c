package fanfare.deploy.selftest.rig;

import static org.assertj.core.api.Assertions.assertThat;

import fanfare.deploy.dev.FreePorts;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.NetServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A link before servers that answer each byte with their own name, one letter. */
@Timeout(60)
class LinkIT {
    private final Vertx vertx = Vertx.vertx();
    private final List<Socket> sockets = new ArrayList<>();
    private Link link;

    @BeforeEach
    void open() throws Exception {
        link = Link.open(
                vertx,
                ((VertxInternal) vertx).createEventLoopContext(),
                new FreePorts(new Random()).take(),
                server('a').actualPort());
    }

    @AfterEach
    void close() throws Exception {
        for (Socket socket : sockets) {
            socket.close();
        }
        vertx.close().await(20, TimeUnit.SECONDS);
    }

    @Test
    void whatIsSwallowedStaysDeadUntilItIsMended() throws Exception {
        Socket before = connect();
        assertThat(ask(before)).isEqualTo('a');

        link.swallow();
        Socket during = connect();
        while (link.connections() < 2) {
            Thread.onSpinWait();
        }
        before.getOutputStream().write(1);
        during.getOutputStream().write(1);
        link.heal();
        assertThat(ask(connect())).isEqualTo('a');
        assertThat(before.getInputStream().available()).isZero();
        assertThat(during.getInputStream().available()).isZero();

        link.mend();
        assertThat(before.getInputStream().read()).isEqualTo(-1);
        assertThat(ask(connect())).isEqualTo('a');
    }

    @Test
    void aForgottenConnectionIsDeadAndNewOnesWork() throws Exception {
        Socket before = connect();
        assertThat(ask(before)).isEqualTo('a');

        link.forget();
        before.getOutputStream().write(1);
        assertThat(ask(connect())).isEqualTo('a');
        assertThat(before.getInputStream().available()).isZero();
    }

    @Test
    void aCutEndsConnectionsAndRefusesNewOnes() throws Exception {
        Socket before = connect();
        assertThat(ask(before)).isEqualTo('a');

        link.cut();
        assertThat(before.getInputStream().read()).isEqualTo(-1);
        assertThat(connect().getInputStream().read()).isEqualTo(-1);

        link.heal();
        assertThat(ask(connect())).isEqualTo('a');
    }

    @Test
    void leadsToAnotherServerFromThenOn() throws Exception {
        Socket before = connect();
        assertThat(ask(before)).isEqualTo('a');

        link.retarget(server('b').actualPort());
        assertThat(ask(connect())).isEqualTo('b');
        assertThat(ask(before)).isEqualTo('a');
    }

    private NetServer server(char name) throws Exception {
        return vertx.createNetServer()
                .connectHandler(socket -> socket.handler(bytes -> socket.write(String.valueOf(name))))
                .listen(0, "127.0.0.1")
                .await(20, TimeUnit.SECONDS);
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), link.port());
        sockets.add(socket);
        return socket;
    }

    private static int ask(Socket socket) throws IOException {
        socket.getOutputStream().write(1);
        return socket.getInputStream().read();
    }
}
