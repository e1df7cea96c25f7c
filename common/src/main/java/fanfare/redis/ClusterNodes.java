package fanfare.redis;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What one server of a cluster knows of all of them. Pure.
 *
 * @param groups masters that have slots, each with its replicas
 * @param addresses {@code host:port} of every server that is not known to be dead
 * @param ids of all servers
 * @param myself the id of the one that tells
 */
record ClusterNodes(List<Group> groups, List<String> addresses, Set<String> ids, String myself) {
    /**
     * A master with its replicas.
     *
     * @param master its id
     * @param address its {@code host:port}
     * @param plainAddress the same without the name that it may announce, as {@code cluster-preferred-endpoint-type} has
     *     servers say where something else is
     * @param members the ids of all
     * @param epoch of the claim to its slots: among servers that disagree, the highest is right
     */
    record Group(String master, String address, String plainAddress, Set<String> members, long epoch, BitSet slots) {}

    private static final int ID = 0;
    private static final int ADDRESS = 1;
    private static final int FLAGS = 2;
    private static final int MASTER = 3;
    private static final int EPOCH = 6;
    /** From here on: numbers, ranges of them, and in brackets slots that are on their way. */
    private static final int SLOTS = 8;

    /**
     * Reads the answer to {@code CLUSTER NODES}.
     *
     * @param askedHost of the server that gave it, which may not know its own address
     */
    static ClusterNodes parse(String text, String askedHost) {
        List<String[]> lines = text.lines()
                .map(line -> line.split(" ", -1))
                .filter(line -> line.length >= SLOTS)
                .toList();
        Map<String, Set<String>> members = new HashMap<>();
        Set<String> ids = new HashSet<>();
        String myself = "";
        List<String> addresses = new ArrayList<>();
        for (String[] line : lines) {
            ids.add(line[ID]);
            members.computeIfAbsent(line[MASTER].equals("-") ? line[ID] : line[MASTER], none -> new HashSet<>())
                    .add(line[ID]);
            Set<String> flags = Set.of(line[FLAGS].split(",", -1));
            if (flags.contains("myself")) {
                myself = line[ID];
            }
            if (Stream.of("fail", "noaddr", "handshake").noneMatch(flags::contains)) {
                addresses.add(address(line[ADDRESS], askedHost));
            }
        }
        List<Group> groups = new ArrayList<>();
        for (String[] line : lines) {
            BitSet slots = slots(line);
            if (!slots.isEmpty()) {
                groups.add(new Group(
                        line[ID],
                        address(line[ADDRESS], askedHost),
                        address(line[ADDRESS].split(",", 2)[0], askedHost),
                        Set.copyOf(members.getOrDefault(line[ID], Set.of())),
                        Long.parseLong(line[EPOCH]),
                        slots));
            }
        }
        return new ClusterNodes(groups, addresses, ids, myself);
    }

    /** Of {@code ip:port@busPort,name}: the name is announced to be used in the place of the address. */
    private static String address(String text, String askedHost) {
        String[] parts = text.split(",", -1);
        String bare = parts[0].contains("@") ? parts[0].substring(0, parts[0].indexOf('@')) : parts[0];
        int colon = bare.lastIndexOf(':');
        String host = parts.length > 1 && !parts[1].isEmpty() ? parts[1] : bare.substring(0, colon);
        return hostAndPort(host.isEmpty() ? askedHost : host, bare.substring(colon + 1));
    }

    static String hostAndPort(String host, String port) {
        return (host.indexOf(':') < 0 || host.startsWith("[") ? host : "[" + host + "]") + ":" + port;
    }

    private static BitSet slots(String[] line) {
        BitSet slots = new BitSet(Slots.COUNT);
        for (int i = SLOTS; i < line.length; i++) {
            if (!line[i].startsWith("[")) {
                String[] ends = line[i].split("-", -1);
                slots.set(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]) + 1);
            }
        }
        return slots;
    }
}
