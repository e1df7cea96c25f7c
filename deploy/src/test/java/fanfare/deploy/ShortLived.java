package fanfare.deploy;

import java.util.List;

/** A process of a test that lives for seconds, like all that it starts: no optimizing compiler pays off in any of them. */
public final class ShortLived {
    private ShortLived() {}

    public static ProcessBuilder of(List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1");
        return builder;
    }
}
