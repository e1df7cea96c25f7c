/** What the SockJS wire is made of, without a wire. */
@NullMarked
package fanfare.gateway.sockjs;

import org.jspecify.annotations.NullMarked;
