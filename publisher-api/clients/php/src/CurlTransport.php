<?php

declare(strict_types=1);

namespace Fanfare;

/** Requests by the curl extension, one after the other over one connection that is kept open between them. */
final class CurlTransport implements Transport
{
    /** How long a connection may take to be made [s]: the publisher is near, or it is away. */
    private const CONNECT_MAX = 2.0;

    /** @var \CurlHandle|resource|null the connection is its own; null before the first request */
    private $handle;

    public function send(string $method, string $url, array $headers, ?string $body, float $timeout): Response
    {
        $this->handle = $this->handle ?? curl_init();
        // The options go, the connection stays.
        curl_reset($this->handle);
        $lines = [];
        curl_setopt_array($this->handle, [
            CURLOPT_URL => $url,
            CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_HTTP_VERSION => CURL_HTTP_VERSION_1_1,
            // Else curl asks before it sends a large body, and waits for a second if nobody answers.
            CURLOPT_HTTPHEADER => array_merge($headers, ['Expect:']),
            CURLOPT_RETURNTRANSFER => true,
            // A proxy of the environment is for the world outside; the publisher stands beside the site.
            CURLOPT_PROXY => '',
            // With signals, no time-out may be less than a second.
            CURLOPT_NOSIGNAL => true,
            CURLOPT_CONNECTTIMEOUT_MS => self::milliseconds(min($timeout, self::CONNECT_MAX)),
            CURLOPT_TIMEOUT_MS => self::milliseconds($timeout),
            CURLOPT_HEADERFUNCTION => static function ($handle, string $line) use (&$lines): int {
                $lines[] = $line;
                return strlen($line);
            },
        ]);
        if ($body !== null) {
            curl_setopt($this->handle, CURLOPT_POSTFIELDS, $body);
        }
        $answer = curl_exec($this->handle);
        if (!is_string($answer)) {
            throw new Unreachable($method . ' ' . $url . ': ' . curl_error($this->handle));
        }
        return Response::of($lines, $answer);
    }

    /** At least one, since 0 means no limit to curl. */
    private static function milliseconds(float $seconds): int
    {
        return max(1, (int) ($seconds * 1000));
    }
}
