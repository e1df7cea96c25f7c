package fanfare.deploy.balancer;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One gateway: where requests go, and the management port that says whether it wants them. */
record Backend(String host, int port, int managementPort) {
    private static final Pattern WRITTEN = Pattern.compile("([^:/]+):(\\d{1,5})/(\\d{1,5})");

    /**
     * Reads {@code host:port/managementPort}.
     *
     * @throws IllegalArgumentException with the rule
     */
    static Backend parse(String text) {
        Matcher matcher = WRITTEN.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("it takes host:port/managementPort,... such as 127.0.0.1:8081/9081");
        }
        return new Backend(matcher.group(1), Integer.parseInt(matcher.group(2)), Integer.parseInt(matcher.group(3)));
    }
}
