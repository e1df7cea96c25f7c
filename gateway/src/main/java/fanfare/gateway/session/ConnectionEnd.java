package fanfare.gateway.session;

import fanfare.process.LogFields;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How a connection was and why it is over. Names nobody: the connection's id is random, and whoever may read receipts
 * finds it there.
 *
 * @param code close code
 * @param why in words, as the browser was told; empty if it was not told anything
 * @param sent messages that the network took, welcome and tokens included
 * @param sentBytes of their text, without any framing
 * @param received messages that came from the browser
 * @param receivedBytes of their text
 */
record ConnectionEnd(
        String connection,
        String transport,
        int code,
        String why,
        long ageMs,
        int sent,
        long sentBytes,
        int received,
        long receivedBytes)
        implements LogFields {
    @Override
    public String event() {
        return "connection ended";
    }

    @Override
    public Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("connection", connection);
        fields.put("transport", transport);
        fields.put("code", code);
        fields.put("reason", why);
        fields.put("ageMs", ageMs);
        fields.put("sent", sent);
        fields.put("sentBytes", sentBytes);
        fields.put("received", received);
        fields.put("receivedBytes", receivedBytes);
        return fields;
    }

    @Override
    public String toString() {
        return "connection %s ended with %d%s: %s, %d ms, sent %d messages of %d bytes, received %d of %d"
                .formatted(
                        connection,
                        code,
                        why.isEmpty() ? "" : " " + why,
                        transport,
                        ageMs,
                        sent,
                        sentBytes,
                        received,
                        receivedBytes);
    }
}
