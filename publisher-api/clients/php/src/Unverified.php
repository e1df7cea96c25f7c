<?php

declare(strict_types=1);

namespace Fanfare;

/** A request that does not prove to be Fanfare's, or that is too old to count. Answer it with 401 and do nothing else. */
final class Unverified extends FanfareException
{
}
