package fanfare.config;

import java.util.List;

/** The settings cannot be used; the message has a line for every mistake. */
public final class ConfigException extends RuntimeException {
    public ConfigException(List<String> mistakes) {
        super(String.join("\n", mistakes));
    }
}
