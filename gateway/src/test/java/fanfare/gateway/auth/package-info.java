/** Who is let in, as tables and against a site that answers as it is told. */
@NullMarked
package fanfare.gateway.auth;

import org.jspecify.annotations.NullMarked;
