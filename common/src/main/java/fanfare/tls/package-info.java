/** Certificates: those that listeners show. {@link fanfare.tls.ServerTls} may be used on any thread. */
@NullMarked
package fanfare.tls;

import org.jspecify.annotations.NullMarked;
