package fanfare.publisher;

import fanfare.config.ConfigException;
import fanfare.http.TakenPort;
import java.util.List;

/** Says in one line why a port could not be opened. */
final class StartFailure {
    private StartFailure() {}

    static ConfigException of(String host, int port, String setting, Throwable cause) {
        return new ConfigException(List.of(
                TakenPort.isCauseOf(cause)
                        ? "port %d is taken: set %s to another".formatted(port, setting)
                        : "cannot listen on %s, port %d (FANFARE_LISTEN_HOST, %s): %s"
                                .formatted(host, port, setting, cause.getMessage())));
    }
}
