package fanfare.gateway.session;

import java.time.Duration;

/**
 * What one session may cost.
 *
 * @param queueBytesMax bytes that may wait for a browser before it is closed as a slow consumer
 * @param helloWait how long the welcome waits for the browser's hello
 * @param heartbeat longest silence of the server
 * @param closeWait how long a browser may take to read its close before its connection is reset
 * @param token how old a resume token may become
 * @param messagesPerSecondMax messages that a browser may send within any second; a few more after a silence, see
 *     {@link Traffic}
 */
public record SessionLimits(
        int queueBytesMax,
        Duration helloWait,
        Duration heartbeat,
        Duration closeWait,
        Duration token,
        int messagesPerSecondMax) {
    public static SessionLimits of(int queueBytesMax) {
        return new SessionLimits(
                queueBytesMax,
                Duration.ofSeconds(1),
                Duration.ofSeconds(25),
                Duration.ofSeconds(5),
                Duration.ofMinutes(10),
                20);
    }
}
