/** Who may do what: keys, their file and the check of each request. The ring of keys is shared by all event loops. */
@NullMarked
package fanfare.publisher.auth;

import org.jspecify.annotations.NullMarked;
