package fanfare.deploy.dev;

import java.net.URI;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the command line of {@code deploy/dev} asks for. */
record DevOptions(int gateways, @Nullable String redisUrl, Ports ports) {
    static final int GATEWAYS_MAX = 9;
    /** The highest port is the publisher's management port, 9090. */
    private static final int OFFSET_MAX = 65_535 - 9_090;

    /** @throws IllegalArgumentException with one sentence for people */
    static DevOptions parse(List<String> arguments) {
        int gateways = 2;
        int offset = 0;
        String redisUrl = null;
        for (Iterator<String> rest = arguments.iterator(); rest.hasNext(); ) {
            String option = rest.next();
            switch (option) {
                case "--gateways" -> gateways = number(option, value(option, rest), 1, GATEWAYS_MAX);
                case "--port-offset" -> offset = number(option, value(option, rest), 0, OFFSET_MAX);
                case "--redis" -> redisUrl = redis(value(option, rest));
                default ->
                    throw new IllegalArgumentException(
                            option + " is not an option; there are --gateways, --redis, --port-offset and --help");
            }
        }
        return new DevOptions(gateways, redisUrl, new Ports(offset));
    }

    private static String value(String option, Iterator<String> rest) {
        if (!rest.hasNext()) {
            throw new IllegalArgumentException(option + " takes a value");
        }
        return rest.next();
    }

    private static int number(String option, String text, int min, int max) {
        try {
            int number = Integer.parseInt(text);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // falls through to the one message for both kinds of mistake
        }
        throw new IllegalArgumentException(
                "%s is '%s': it takes a whole number from %d to %d".formatted(option, text, min, max));
    }

    private static String redis(String url) {
        String rule = "--redis is '" + url + "': it takes a URL such as redis://127.0.0.1:6379";
        try {
            String scheme = URI.create(url).getScheme();
            if (scheme == null || !scheme.startsWith("redis")) {
                throw new IllegalArgumentException(rule);
            }
        } catch (IllegalArgumentException e) {
            // A list of hosts is no URI, yet a URL that Redis users write.
            if (!url.startsWith("redis-")) {
                throw new IllegalArgumentException(rule, e);
            }
        }
        return url;
    }
}
