<?php

declare(strict_types=1);

use Fanfare\Response;
use Fanfare\Transport;
use Fanfare\Unreachable;

/** Tells the test of every try that did not succeed, so that it knows when to let the next one through. */
final class NotingTransport implements Transport
{
    private Transport $transport;

    public function __construct(Transport $transport)
    {
        $this->transport = $transport;
    }

    public function send(string $method, string $url, array $headers, ?string $body, float $timeout): Response
    {
        $id = json_decode((string) $body, true)['id'] ?? null;
        try {
            $response = $this->transport->send($method, $url, $headers, $body, $timeout);
        } catch (Unreachable $unreachable) {
            say(['tried' => $id, 'status' => 0]);
            throw $unreachable;
        }
        if ($response->status() !== 200) {
            say(['tried' => $id, 'status' => $response->status()]);
        }
        return $response;
    }
}
