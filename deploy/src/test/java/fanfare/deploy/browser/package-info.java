/** The demo page and the client in a real, headless Chromium. */
@NullMarked
package fanfare.deploy.browser;

import org.jspecify.annotations.NullMarked;
