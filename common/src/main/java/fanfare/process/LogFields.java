package fanfare.process;

import java.util.Map;

/**
 * What a log entry says in fields of its own where the log is JSON; as text, it is what {@code toString} says. It is to be
 * the one parameter of an entry, whose words then are <code>{0}</code>.
 */
public interface LogFields {
    /** What happened, in words that are the same each time. */
    String event();

    /** Names and values, in the order in which they are to be written: texts, numbers and booleans. */
    Map<String, Object> fields();
}
