package fanfare.deploy.dev;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Every port of the cluster; all of them move by one offset. Gateways count from 1. */
public record Ports(int offset) {
    int site() {
        return 8000 + offset;
    }

    int siteManagement() {
        return 9000 + offset;
    }

    int balancer() {
        return 8080 + offset;
    }

    int balancerManagement() {
        return 9080 + offset;
    }

    int gateway(int number) {
        return 8080 + number + offset;
    }

    int gatewayManagement(int number) {
        return 9080 + number + offset;
    }

    int gatewayRelay(int number) {
        return 7080 + number + offset;
    }

    int publisher() {
        return 8090 + offset;
    }

    int publisherManagement() {
        return 9090 + offset;
    }

    /** Redis servers count from 0. */
    int redis(int number) {
        return 6390 + number + offset;
    }

    /** A sentinel, or the port on which a server of a Redis Cluster speaks to the others. */
    int redisCompanion(int number) {
        return 6400 + number + offset;
    }

    /** One line for each port that the cluster needs and something else already listens on. */
    List<String> taken(int gateways, RedisKind redis) {
        Map<Integer, String> owners = new LinkedHashMap<>();
        redis.servers(this).forEach(port -> owners.put(port, "Redis"));
        redis.companions(this).forEach(port -> owners.put(port, "Redis' own use"));
        owners.put(site(), "the demo site");
        owners.put(siteManagement(), "the demo site's management");
        owners.put(balancer(), "the balancer");
        owners.put(balancerManagement(), "the balancer's management");
        for (int number = 1; number <= gateways; number++) {
            owners.put(gateway(number), "gateway " + number);
            owners.put(gatewayManagement(number), "gateway " + number + "'s management");
            owners.put(gatewayRelay(number), "gateway " + number + "'s relay");
        }
        owners.put(publisher(), "the publisher");
        owners.put(publisherManagement(), "the publisher's management");
        return owners.entrySet().stream()
                .filter(owner -> isTaken(owner.getKey()))
                .map(owner -> "fanfare: port %d, meant for %s, is taken; --port-offset N moves every port by N"
                        .formatted(owner.getKey(), owner.getValue()))
                .toList();
    }

    /** Whether something listens on this port of the loopback address. */
    public static boolean isTaken(int port) {
        try (ServerSocket probe = new ServerSocket()) {
            // What an ended cluster leaves in TIME_WAIT is not taken; the processes bind with the same option.
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port));
            return false;
        } catch (IOException e) {
            return true;
        }
    }
}
