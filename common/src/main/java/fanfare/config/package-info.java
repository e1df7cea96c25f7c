/** Settings: environment in, typed records out, once, at the start of a process. */
@NullMarked
package fanfare.config;

import org.jspecify.annotations.NullMarked;
