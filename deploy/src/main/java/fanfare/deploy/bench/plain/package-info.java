/**
 * What the benchmarks compare with: a push service as a good team writes it in an afternoon with Vert.x and Redis. It stores
 * nothing, numbers nothing, knows no repeats and asks no site who is there. Each verticle is confined to its event loop.
 */
@NullMarked
package fanfare.deploy.bench.plain;

import org.jspecify.annotations.NullMarked;
