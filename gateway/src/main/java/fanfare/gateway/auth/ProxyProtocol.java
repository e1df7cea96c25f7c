package fanfare.gateway.auth;

import fanfare.config.Env;

/** Whether each connection of a browser begins with a head in which a proxy announces the browser's address. */
public enum ProxyProtocol {
    OFF,
    ON;

    private static final String SETTING = "FANFARE_PROXY_PROTOCOL";

    static ProxyProtocol from(Env env, ClientAddress clientAddress) {
        ProxyProtocol choice = env.choice(SETTING, OFF);
        if (choice == ON && clientAddress.trustsNobody()) {
            env.mistake(SETTING, "it needs " + ClientAddress.SETTING + ", since only those may announce addresses");
        }
        return choice;
    }
}
