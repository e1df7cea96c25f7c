/** Container images of the product, made from the jars and this JDK without a container engine. Confined to the main thread. */
@NullMarked
package fanfare.deploy.images;

import org.jspecify.annotations.NullMarked;
