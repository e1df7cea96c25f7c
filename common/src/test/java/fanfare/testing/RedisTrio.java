package fanfare.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A real master with replicas, watched by three real sentinels that promote a replica two seconds after the master is
 * gone. All on loopback; whatever is killed stays dead until the end.
 */
public final class RedisTrio implements AutoCloseable {
    public static final String NAME = "fanfare";
    private static final int SENTINELS = 3;

    private final List<RedisServer> servers = new ArrayList<>();
    private final List<RedisServer> sentinels = new ArrayList<>();
    private final ScratchFolder folder = ScratchFolder.make("redis-trio");

    private RedisTrio(int replicas) {
        RedisServer master = RedisServer.start();
        servers.add(master);
        for (int i = 0; i < replicas; i++) {
            servers.add(RedisServer.start("--replicaof", "127.0.0.1 " + master.port()));
        }
        Await.until("the replicas follow", () -> replicas().stream().allMatch(RedisTrio::follows));
        for (int i = 0; i < SENTINELS; i++) {
            sentinels.add(RedisServer.sentinel(RedisServer.freePort(), folder.path(), configuration(master)));
        }
        Await.until("the sentinels know each other and the replicas", () -> sentinels.stream()
                .allMatch(sentinel -> knows(sentinel, replicas)));
    }

    public static RedisTrio start(int replicas) {
        return new RedisTrio(replicas);
    }

    /** What a process is given to find the master. */
    public String url() {
        return url(-1);
    }

    /** The same with another sentinel's port. */
    public String url(int another) {
        return Stream.concat(sentinels.stream().map(RedisServer::port), Stream.of(another))
                .filter(port -> port > 0)
                .map(port -> "127.0.0.1:" + port)
                .collect(Collectors.joining(",", "redis-sentinel://", "/" + NAME));
    }

    /** The first master. */
    public RedisServer first() {
        return servers.get(0);
    }

    /** Those that began as replicas. */
    public List<RedisServer> replicas() {
        return List.copyOf(servers.subList(1, servers.size()));
    }

    public List<RedisServer> sentinels() {
        return List.copyOf(sentinels);
    }

    /** Waits until the sentinels have made a replica the master, and returns it. */
    public RedisServer promoted() {
        List<RedisServer> found = new ArrayList<>();
        Await.until("a replica is promoted and all sentinels say so", () -> {
            found.clear();
            replicas().stream().filter(RedisTrio::isPromoted).forEach(found::add);
            return found.size() == 1
                    && sentinels.stream()
                            .allMatch(sentinel -> ask(sentinel, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME)
                                    .contains(Integer.toString(found.get(0).port())));
        });
        return found.get(0);
    }

    /** One more sentinel, which takes this server for the master; it would believe the others, should it hear of them. */
    public RedisServer sentinel(RedisServer master, int port) {
        return RedisServer.sentinel(port, folder.path(), configuration(master));
    }

    /** Puts a link before the first replica, which has everything until then and gets nothing more. */
    public void lag(FlakyLink replication) {
        RedisServer replica = replicas().get(0);
        ask(replica, "REPLICAOF", "127.0.0.1", Integer.toString(replication.port()));
        Await.until("the replica follows through the link and has everything", () -> {
            Map<String, String> there = info(replica, "replication");
            return "up".equals(there.get("master_link_status"))
                    && Integer.toString(replication.port()).equals(there.get("master_port"))
                    && there.get("slave_repl_offset")
                            .equals(info(first(), "replication").get("master_repl_offset"));
        });
        replication.stall();
    }

    /** Ends the sentinels, so that whatever happens next goes unnoticed until {@link #watch}. */
    public void blind() {
        sentinels.forEach(RedisServer::kill);
    }

    /** Starts the sentinels again, with what they knew. */
    public void watch() {
        sentinels.forEach(RedisServer::restart);
    }

    /** Has the sentinels promote a replica while the master lives. */
    public void failOver() {
        Await.until("a sentinel begins", () -> ask(sentinels.get(0), "SENTINEL", "FAILOVER", NAME)
                .equals("OK"));
    }

    @Override
    public void close() {
        Stream.concat(sentinels.stream(), servers.stream()).forEach(RedisServer::close);
        folder.close();
    }

    /** The answer to one command as text, an array's elements a line each; empty if the server does not answer. */
    public static String ask(RedisServer server, String... command) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(2_000);
            String request = Stream.of(command)
                    .map(word -> "$%d\r\n%s\r\n".formatted(word.length(), word))
                    .collect(Collectors.joining("", "*%d\r\n".formatted(command.length), ""));
            socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            return answer(new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8)));
        } catch (IOException e) {
            return "";
        }
    }

    /** A section of INFO by field. */
    public static Map<String, String> info(RedisServer server, String section) {
        return ask(server, "INFO", section)
                .lines()
                .filter(line -> line.indexOf(':') > 0)
                .collect(Collectors.toMap(
                        line -> line.substring(0, line.indexOf(':')),
                        line -> line.substring(line.indexOf(':') + 1),
                        (first, second) -> second));
    }

    /** How many scripts a server has run by their digest since it started, or since {@code CONFIG RESETSTAT}. */
    public static int scriptCalls(RedisServer server) {
        return calls(server, "evalsha");
    }

    /** The same of any command, by scripts as well. */
    public static int calls(RedisServer server, String command) {
        String calls = info(server, "commandstats").getOrDefault("cmdstat_" + command, "calls=0,");
        return Integer.parseInt(calls.substring("calls=".length(), calls.indexOf(',')));
    }

    private static String answer(BufferedReader reader) throws IOException {
        String head = reader.readLine();
        if (head == null) {
            throw new IOException("no answer");
        }
        Function<String, Integer> number = line -> Integer.parseInt(line.substring(1));
        switch (head.charAt(0)) {
            case '*' -> {
                StringBuilder all = new StringBuilder();
                for (int i = 0; i < number.apply(head); i++) {
                    all.append(answer(reader)).append('\n');
                }
                return all.toString();
            }
            case '$' -> {
                // Everything that is asked for here is ASCII, so that bytes are characters.
                StringBuilder text = new StringBuilder();
                for (int i = 0; i < number.apply(head) + (head.equals("$-1") ? 1 : 2); i++) {
                    text.append((char) reader.read());
                }
                return text.toString().strip();
            }
            default -> {
                return head.substring(1);
            }
        }
    }

    private static boolean follows(RedisServer replica) {
        return "up".equals(info(replica, "replication").get("master_link_status"));
    }

    private static boolean isPromoted(RedisServer replica) {
        return "master".equals(info(replica, "replication").get("role"));
    }

    private static boolean knows(RedisServer sentinel, int replicas) {
        String line = info(sentinel, "sentinel").getOrDefault("master0", "");
        return line.contains("status=ok")
                && line.contains("slaves=" + replicas)
                && line.contains("sentinels=" + SENTINELS);
    }

    private static String configuration(RedisServer master) {
        return """
                sentinel monitor %1$s 127.0.0.1 %2$d 2
                sentinel down-after-milliseconds %1$s 2000
                sentinel failover-timeout %1$s 4000
                """
                .formatted(NAME, master.port());
    }
}
