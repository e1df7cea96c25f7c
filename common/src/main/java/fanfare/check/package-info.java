/** The command {@code check-config}: what a start would find, said without starting. On the main thread. */
@NullMarked
package fanfare.check;

import org.jspecify.annotations.NullMarked;
