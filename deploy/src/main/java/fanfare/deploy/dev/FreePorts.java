package fanfare.deploy.dev;

import java.util.random.RandomGenerator;

/**
 * Hands out loopback ports that nothing listens on. They lie below those that the kernel gives to outgoing connections:
 * else one of the thousands of clients might sit on the port of a process that is to be started again.
 */
public final class FreePorts {
    private static final int FIRST = 12_000;
    private static final int END = 32_000;

    private int next;

    public FreePorts(RandomGenerator random) {
        this.next = random.nextInt(FIRST, END);
    }

    public int take() {
        for (int tries = FIRST; tries < END; tries++) {
            int port = next;
            next = next + 1 < END ? next + 1 : FIRST;
            if (!Ports.isTaken(port)) {
                return port;
            }
        }
        throw new IllegalStateException("no free port from " + FIRST + " to " + END);
    }
}
