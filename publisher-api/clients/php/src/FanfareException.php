<?php

declare(strict_types=1);

namespace Fanfare;

/**
 * A call did not succeed: the publisher refused it ({@see Problem}), or nobody knows ({@see Unreachable}). Or what came to
 * the site is not Fanfare's ({@see Unverified}).
 */
abstract class FanfareException extends \RuntimeException
{
}
