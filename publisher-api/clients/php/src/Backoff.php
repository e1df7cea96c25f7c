<?php

declare(strict_types=1);

namespace Fanfare;

/** How long to wait before a call is tried again: longer each time, and never in step with the other callers. */
final class Backoff
{
    private const FIRST = 0.1;
    private const MAX = 2.0;

    /** @var callable(): float from 0 to 1 */
    private $random;

    /** @param callable(): float $random from 0 to 1 */
    public function __construct(callable $random)
    {
        $this->random = $random;
    }

    /**
     * The wait [s] before retry number $retry, counted from 0.
     *
     * @param float $asked what the server asked for [s]; it is waited for in full, and the jitter comes on top
     */
    public function before(int $retry, float $asked): float
    {
        $step = min(self::MAX, self::FIRST * 2 ** min($retry, 10));
        return max($asked, $step / 2) + ($this->random)() * $step / 2;
    }
}
