/** Files that an operator changes while the process runs. A watch is confined to the event loop that started it. */
@NullMarked
package fanfare.file;

import org.jspecify.annotations.NullMarked;
