<?php

declare(strict_types=1);

namespace Fanfare;

/** Requests by PHP's own streams, for where there is no curl extension: each has a connection of its own. */
final class StreamTransport implements Transport
{
    public function send(string $method, string $url, array $headers, ?string $body, float $timeout): Response
    {
        $end = hrtime(true) + (int) ($timeout * 1e9);
        $why = 'no answer';
        // Else a failure is a warning as well, and a site's log has what the site has caught.
        set_error_handler(static function (int $level, string $message) use (&$why): bool {
            $why = $message;
            return true;
        });
        try {
            $stream = fopen($url, 'rb', false, stream_context_create(['http' => [
                'method' => $method,
                'header' => array_merge($headers, ['Connection: close']),
                'content' => $body ?? '',
                'protocol_version' => 1.1,
                'timeout' => $timeout,
                'follow_location' => 0,
                'ignore_errors' => true,
            ]]));
            if ($stream === false) {
                throw new Unreachable($method . ' ' . $url . ': ' . $why);
            }
            $answer = self::rest($stream, $end);
            $lines = stream_get_meta_data($stream)['wrapper_data'] ?? [];
            fclose($stream);
        } finally {
            restore_error_handler();
        }
        $response = Response::of($lines, $answer ?? '');
        $length = $response->header('Content-Length');
        if ($answer === null || ($length !== null && strlen($answer) < (int) $length)) {
            throw new Unreachable($method . ' ' . $url . ': the answer broke off');
        }
        return $response;
    }

    /**
     * Everything up to the end of the stream; null if that did not come in time.
     *
     * @param resource $stream
     */
    private static function rest($stream, int $end): ?string
    {
        $answer = '';
        while (!feof($stream)) {
            // The time-out of a stream is for each wait alone, and starts anew with every byte.
            $left = intdiv($end - hrtime(true), 1000);
            if ($left <= 0) {
                return null;
            }
            stream_set_timeout($stream, intdiv($left, 1000000), $left % 1000000);
            $answer .= fread($stream, 8192);
        }
        return $answer;
    }
}
