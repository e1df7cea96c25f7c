<?php

declare(strict_types=1);

namespace Fanfare;

/** No answer came, or none of a publisher's. What was sent may have arrived all the same. */
final class Unreachable extends FanfareException
{
}
