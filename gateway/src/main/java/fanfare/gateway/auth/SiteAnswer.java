package fanfare.gateway.auth;

/**
 * A positive answer of the site.
 *
 * @param askedMs when the request was sent
 * @param answeredMs when the answer came
 */
record SiteAnswer(Identity identity, long askedMs, long answeredMs) {}
