/** The command line of {@code deploy.jar}. Confined to the main thread. */
@NullMarked
package fanfare.deploy;

import org.jspecify.annotations.NullMarked;
