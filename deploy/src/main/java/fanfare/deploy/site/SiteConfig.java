package fanfare.deploy.site;

import fanfare.config.Env;
import fanfare.process.Parent;

/** What may be set on the demo site. Gateway and publisher are on the same host, whatever the browser calls it. */
record SiteConfig(
        String listenHost, int listenPort, int managementPort, int gatewayPort, int publisherPort, int parentPid) {
    static SiteConfig from(Env env) {
        return env.check(new SiteConfig(
                env.text("FANFARE_LISTEN_HOST", "127.0.0.1"),
                env.integer("FANFARE_LISTEN_PORT", 8000, 0, 65_535),
                env.integer("FANFARE_MANAGEMENT_PORT", 9000, 0, 65_535),
                env.integer("FANFARE_GATEWAY_PORT", 8080, 1, 65_535),
                env.integer("FANFARE_PUBLISHER_PORT", 8090, 1, 65_535),
                Parent.pid(env)));
    }
}
