<?php

declare(strict_types=1);

namespace Fanfare;

/** A call did not succeed: the publisher refused it ({@see Problem}), or nobody knows ({@see Unreachable}). */
abstract class FanfareException extends \RuntimeException
{
}
