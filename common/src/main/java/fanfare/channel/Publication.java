package fanfare.channel;

/**
 * What a site asks to be published.
 *
 * @param id unique within the channel for the time that repeats are recognised
 * @param namespace label chosen by the site, 1 to 256 characters, no comma
 * @param event label chosen by the site, 1 to 256 characters
 * @param data JSON text, handed on verbatim
 * @param ttlSeconds how long it is kept for users who are away [s]
 */
public record Publication(String id, String namespace, String event, String data, int ttlSeconds) {}
