package fanfare.deploy;

import fanfare.config.ConfigException;
import fanfare.deploy.balancer.Balancer;
import fanfare.deploy.bench.Bench;
import fanfare.deploy.dev.Dev;
import fanfare.deploy.images.Images;
import fanfare.deploy.selftest.Selftest;
import fanfare.deploy.site.Site;
import java.util.Arrays;
import java.util.List;

/** The main class of {@code deploy.jar}: all that runs around the product, on one machine. */
public final class Deploy {
    private static final String USAGE =
            """
            Usage: java -jar deploy.jar COMMAND

              dev        starts the whole cluster on this machine; ./deploy/dev builds it first
              balancer   spreads requests over gateways, round robin
              site       the demo site, which plays a site backend
              selftest   the fault proof: breaks a cluster of its own and counts what its clients miss
              bench      benchmarks; ./deploy/bench builds what they need first
              images     makes container images; ./deploy/images builds what they need first

            Each command answers --help.""";

    private Deploy() {}

    public static void main(String[] arguments) {
        List<String> rest = Arrays.asList(arguments).subList(Math.min(1, arguments.length), arguments.length);
        try {
            switch (arguments.length == 0 ? "" : arguments[0]) {
                case "dev" -> Dev.run(rest);
                case "balancer" -> Balancer.run(rest);
                case "site" -> Site.run(rest);
                case "selftest" -> Selftest.run(rest);
                case "bench" -> Bench.run(rest);
                case "images" -> Images.run(rest);
                case "--help", "-h" -> System.out.println(USAGE);
                default -> fail(USAGE);
            }
        } catch (ConfigException | IllegalArgumentException e) {
            fail("fanfare: " + e.getMessage());
        } catch (RuntimeException e) {
            // A bug; and what runs beside this thread would keep a half-dead process alive.
            e.printStackTrace();
            System.exit(1);
        }
    }

    private static void fail(String reason) {
        System.err.println(reason);
        System.exit(1);
    }
}
