/**
 * Who is online and where: a gateway keeps a lease and says whom it holds; readers compare times, so that nobody is
 * online at a gateway that died. Everything here is confined to the event loop that made it.
 */
@NullMarked
package fanfare.presence;

import org.jspecify.annotations.NullMarked;
