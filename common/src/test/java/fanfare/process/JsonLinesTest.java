package fanfare.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class JsonLinesTest {
    private final JsonLines lines = new JsonLines();

    @Test
    void anEntryIsOneLineOfJson() {
        LogRecord entry = entry(Level.WARNING, "{0} said\n\"no\" \u2028 {1}", "the \\ site", 7);
        assertThat(lines.format(entry))
                .startsWith("{\"time\":\"2026-01-02T03:04:05.678Z\",\"level\":\"WARN\",\"logger\":\"fanfare.Test\",")
                .endsWith("}\n")
                .satisfies(line -> assertThat(line.strip()).doesNotContain("\n"));
        assertThat(parsed(entry).getString("message")).isEqualTo("the \\ site said\n\"no\" \u2028 7");
    }

    @Test
    void aFailureHasItsStack() {
        LogRecord entry = entry(Level.SEVERE, "a bug");
        entry.setThrown(new IllegalStateException("why"));
        assertThat(parsed(entry).getString("level")).isEqualTo("ERROR");
        assertThat(parsed(entry).getString("error")).isEqualTo("java.lang.IllegalStateException: why");
        assertThat(parsed(entry).getString("stack"))
                .contains("\tat " + getClass().getName());
    }

    @Test
    void whatHasFieldsIsFound() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("code", 4002);
        fields.put("reason", "slow \"consumer\"");
        LogRecord entry = entry(Level.INFO, "{0}", new LogFields() {
            @Override
            public String event() {
                return "it ended";
            }

            @Override
            public Map<String, Object> fields() {
                return fields;
            }
        });
        assertThat(lines.format(entry))
                .endsWith("\"message\":\"it ended\",\"code\":4002,\"reason\":\"slow \\\"consumer\\\"\"}\n");
    }

    private JsonObject parsed(LogRecord entry) {
        return new JsonObject(lines.format(entry));
    }

    private static LogRecord entry(Level level, String message, Object... parameters) {
        LogRecord entry = new LogRecord(level, message);
        entry.setLoggerName("fanfare.Test");
        entry.setInstant(Instant.parse("2026-01-02T03:04:05.678Z"));
        entry.setParameters(parameters);
        return entry;
    }
}
