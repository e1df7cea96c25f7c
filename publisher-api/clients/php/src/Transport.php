<?php

declare(strict_types=1);

namespace Fanfare;

/** Carries one HTTP request to the publisher and its answer back. Follows no redirect: the key is for nobody else. */
interface Transport
{
    /**
     * @param string[] $headers lines `Name: value`
     * @param float $timeout how long it may take [s]
     * @throws Unreachable if there is no whole answer by then
     */
    public function send(string $method, string $url, array $headers, ?string $body, float $timeout): Response;
}
