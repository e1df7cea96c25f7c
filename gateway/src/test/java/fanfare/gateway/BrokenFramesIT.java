package fanfare.gateway;

import static fanfare.gateway.RawWebSocket.CLOSE;
import static fanfare.gateway.RawWebSocket.FIN;
import static fanfare.gateway.RawWebSocket.PING;
import static fanfare.gateway.RawWebSocket.TEXT;
import static fanfare.gateway.RawWebSocket.bytes;
import static fanfare.gateway.RawWebSocket.frame;
import static org.assertj.core.api.Assertions.assertThat;

import fanfare.channel.Channel;
import fanfare.testing.Await;
import fanfare.testing.PushClient;
import fanfare.testing.PushTransport;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** WebSocket frames that break RFC 6455, or keep it in ways that hardly anybody uses. */
class BrokenFramesIT {
    private static final int PROTOCOL_ERROR = 1002;
    private static final int NOT_UTF_8 = 1007;
    private static final int BAD_MESSAGE = 4105;

    private static final int RSV1 = 0x40;
    private static final int RSV2 = 0x20;
    private static final int RSV3 = 0x10;
    private static final int CONTINUATION = 0;

    private static Cluster cluster;
    private static PushClient bystander;

    /** A kind of WebSocket, and how it carries a message. */
    private enum Kind {
        RAW {
            @Override
            String path() {
                return "/push/websocket";
            }

            @Override
            String wrapped(String message) {
                return message;
            }
        },
        SOCKJS {
            @Override
            String path() {
                return "/push/000/" + UUID.randomUUID() + "/websocket";
            }

            @Override
            String wrapped(String message) {
                return "[\"" + message.replace("\"", "\\\"") + "\"]";
            }
        };

        abstract String path();

        abstract String wrapped(String message);

        /** A ping that carries this along. */
        String ping(String extra) {
            return wrapped("{\"type\":\"ping\",\"extra\":\"" + extra + "\"}");
        }
    }

    @BeforeAll
    static void start() {
        cluster = Cluster.of(1, Map.of("FANFARE_HANDSHAKES_PER_ADDRESS_MAX", "0"));
        bystander = cluster.join(PushTransport.SOCKJS_WEBSOCKET, 0, "bystander");
    }

    @AfterEach
    void theBystanderNoticedNothingAndNobodyElseIsLeft() {
        cluster.publish(Channel.user("bystander"), "well", "1");
        bystander.expectEvent("well");
        Await.until("only the bystander is left", () -> cluster.metric(0, "fanfare_connections{") == 1);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    static Stream<Arguments> broken() {
        List<Arguments> all = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            String ping = kind.ping("x");
            add(all, kind, "a frame without a mask", PROTOCOL_ERROR, bytes("\u0081\u0002hi"));
            add(all, kind, "the first reserved bit", PROTOCOL_ERROR, frame(FIN | RSV1 | TEXT, ping));
            add(all, kind, "the second reserved bit", PROTOCOL_ERROR, frame(FIN | RSV2 | TEXT, ping));
            add(all, kind, "the third reserved bit", PROTOCOL_ERROR, frame(FIN | RSV3 | PING, ""));
            for (int opcode : new int[] {0x3, 0x7, 0xb, 0xf}) {
                add(all, kind, "the reserved opcode " + opcode, PROTOCOL_ERROR, frame(FIN | opcode, ping));
            }
            add(all, kind, "a ping in two parts", PROTOCOL_ERROR, frame(PING, "a"));
            add(all, kind, "a close in two parts", PROTOCOL_ERROR, frame(CLOSE, "\u0003\u00e8"));
            add(all, kind, "a long ping", PROTOCOL_ERROR, frame(FIN | PING, "x".repeat(126)));
            add(all, kind, "a long close", PROTOCOL_ERROR, frame(FIN | CLOSE, "\u0003\u00e8" + "x".repeat(124)));
            // Of a frame without a payload and with a mask of zeros, all bytes are its head's.
            add(
                    all,
                    kind,
                    "a hundred pings and one more at once",
                    BAD_MESSAGE,
                    bytes("\u0089\u0080\0\0\0\0".repeat(101)));
            add(all, kind, "a continuation of nothing", PROTOCOL_ERROR, frame(FIN | CONTINUATION, ping));
            add(all, kind, "a message within another", PROTOCOL_ERROR, frame(TEXT, "["), frame(FIN | TEXT, ping));
            add(all, kind, "a byte that is no UTF-8", BAD_MESSAGE, frame(FIN | TEXT, kind.ping("\u00ff")));
            add(all, kind, "half a surrogate pair", BAD_MESSAGE, frame(FIN | TEXT, kind.ping("\u00ed\u00a0\u0080")));
            add(all, kind, "an overlong NUL", BAD_MESSAGE, frame(FIN | TEXT, kind.ping("\u00c0\u0080")));
            String[] halves = kind.ping("\u00e2\u0082|x").split("\\|", 2);
            add(
                    all,
                    kind,
                    "UTF-8 that breaks off between two parts",
                    BAD_MESSAGE,
                    frame(TEXT, halves[0]),
                    frame(FIN | CONTINUATION, halves[1]));
            add(
                    all,
                    kind,
                    "a negative length",
                    PROTOCOL_ERROR,
                    bytes("\u0081\u00ff\u0080\0\0\0\0\0\0\0" + "\1\2\3\4abcd"));
            add(all, kind, "a length of 2^62", BAD_MESSAGE, bytes("\u0081\u00ff@\0\0\0\0\0\0\0" + "\1\2\3\4abcd"));
            add(
                    all,
                    kind,
                    "a frame beyond the bound",
                    BAD_MESSAGE,
                    bytes("\u0081\u00ff\0\0\0\0\0\2\0\1" + "\1\2\3\4a"));
            add(all, kind, "a close with half a code", PROTOCOL_ERROR, frame(FIN | CLOSE, "\u0003"));
            for (int code : new int[] {0, 999, 1004, 1005, 1006, 1015, 1016, 2999}) {
                String close = "" + (char) (code >> 8) + (char) (code & 0xff);
                add(all, kind, "a close with the code " + code, PROTOCOL_ERROR, frame(FIN | CLOSE, close));
            }
            add(
                    all,
                    kind,
                    "a close with a reason that is no UTF-8",
                    NOT_UTF_8,
                    frame(FIN | CLOSE, "\u0003\u00e8\u00ff\u00fe"));
            add(all, kind, "a binary message", BAD_MESSAGE, frame(FIN | 0x2, ping));
            byte[][] parts = new byte[66][];
            for (int i = 0; i < parts.length; i++) {
                int last = i == parts.length - 1 ? FIN : 0;
                parts[i] = frame(last | (i == 0 ? TEXT : CONTINUATION), "x".repeat(2 << 10));
            }
            add(all, kind, "a message whose parts are beyond the bound together", BAD_MESSAGE, parts);
        }
        return all.stream();
    }

    private static void add(List<Arguments> all, Kind kind, String name, int code, byte[]... frames) {
        all.add(Arguments.argumentSet(kind + ": " + name, kind, code, frames));
    }

    @ParameterizedTest
    @MethodSource("broken")
    void endsTheConnection(Kind kind, int code, byte[][] frames) {
        try (RawWebSocket socket = open(kind)) {
            for (byte[] each : frames) {
                socket.send(each);
            }
            assertThat(socket.end()).isIn(code, RawWebSocket.NO_CODE);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCharacterMayBeSplitOverFrames(Kind kind) {
        String[] parts = kind.ping("\u00e2|\u0082|\u00ac").split("\\|", -1);
        try (RawWebSocket socket = open(kind)) {
            socket.send(frame(TEXT, parts[0]))
                    .send(frame(CONTINUATION, parts[1]))
                    .send(frame(FIN | CONTINUATION, parts[2]));
            socket.next("pong");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aPingMayComeBetweenTheFramesOfAMessage(Kind kind) {
        String ping = kind.ping("x");
        try (RawWebSocket socket = open(kind)) {
            socket.send(frame(TEXT, ping.substring(0, 5))).send(frame(FIN | PING, "are you there?"));
            assertThat(socket.next("are you there?").opcode()).isEqualTo(RawWebSocket.PONG);
            socket.send(frame(FIN | CONTINUATION, ping.substring(5)));
            socket.next("pong");
        }
    }

    @ParameterizedTest
    @EnumSource
    void framesMayBeEmpty(Kind kind) {
        try (RawWebSocket socket = open(kind)) {
            socket.send(frame(TEXT, ""))
                    .send(frame(CONTINUATION, ""))
                    .send(frame(CONTINUATION, kind.ping("x")))
                    .send(frame(FIN | CONTINUATION, ""));
            socket.next("pong");
        }
    }

    /** Has its welcome, so that nothing else is to come by itself. */
    private static RawWebSocket open(Kind kind) {
        RawWebSocket socket = RawWebSocket.open(cluster.port(0), kind.path(), "Cookie: site_session=alice");
        socket.send(frame(FIN | TEXT, kind.wrapped("{\"type\":\"hello\"}")));
        socket.next("welcome");
        return socket;
    }
}
