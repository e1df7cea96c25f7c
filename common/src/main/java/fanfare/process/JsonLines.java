package fanfare.process;

import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;

/** A log entry as one JSON object in one line: {@code time}, {@code level}, {@code logger}, {@code message}, and more. */
final class JsonLines extends Formatter {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    @Override
    public String format(LogRecord entry) {
        JsonObject line = new JsonObject()
                .put("time", TIME.format(entry.getInstant()))
                .put("level", level(entry.getLevel()))
                .put("logger", entry.getLoggerName());
        LogFields fields = fields(entry);
        if (fields == null) {
            line.put("message", formatMessage(entry));
        } else {
            line.put("message", fields.event());
            fields.fields().forEach(line::put);
        }
        Throwable thrown = entry.getThrown();
        if (thrown != null) {
            line.put("error", String.valueOf(thrown)).put("stack", stack(thrown));
        }
        return line.encode() + "\n";
    }

    private static @Nullable LogFields fields(LogRecord entry) {
        Object[] parameters = entry.getParameters();
        return parameters != null && parameters.length == 1 && parameters[0] instanceof LogFields fields
                ? fields
                : null;
    }

    /** As collectors know levels, and not as java.util.logging calls them. */
    private static String level(Level level) {
        if (level.intValue() >= Level.SEVERE.intValue()) {
            return "ERROR";
        }
        if (level.intValue() >= Level.WARNING.intValue()) {
            return "WARN";
        }
        return level.intValue() >= Level.INFO.intValue() ? "INFO" : "DEBUG";
    }

    private static String stack(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        return text.toString();
    }
}
