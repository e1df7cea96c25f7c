package fanfare.publisher;

import fanfare.config.ConfigException;
import java.net.BindException;
import java.util.List;

/** Says in one line why a port could not be opened. */
final class StartFailure {
    private StartFailure() {}

    static ConfigException of(String host, int port, String setting, Throwable cause) {
        boolean taken = cause instanceof BindException
                && String.valueOf(cause.getMessage()).contains("already in use");
        return new ConfigException(List.of(
                taken
                        ? "port %d is taken: set %s to another".formatted(port, setting)
                        : "cannot listen on %s, port %d (FANFARE_LISTEN_HOST, %s): %s"
                                .formatted(host, port, setting, cause.getMessage())));
    }
}
