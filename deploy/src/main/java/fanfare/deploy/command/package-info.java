/** Command lines. Values, no threads. */
@NullMarked
package fanfare.deploy.command;

import org.jspecify.annotations.NullMarked;
