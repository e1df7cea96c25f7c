/** Command lines: values, and what a command that serves begins with, on the main thread. */
@NullMarked
package fanfare.deploy.command;

import org.jspecify.annotations.NullMarked;
