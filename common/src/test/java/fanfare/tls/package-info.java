/** Certificates in use, and those that cannot be used. */
@NullMarked
package fanfare.tls;

import org.jspecify.annotations.NullMarked;
