<?php

declare(strict_types=1);

namespace Fanfare;

/**
 * A site's connection to a Fanfare publisher.
 *
 * A call that finds the publisher away, too slow or asking for a pause is tried again until it succeeds or the patience
 * is at its end. Every try sends the same bytes, a publication's id included, so that what is published arrives once.
 * After a fork each process needs one of its own, since two of them would read each other's answers.
 */
final class Publisher
{
    /** In seconds, for a call with all its tries: a page waits for it. */
    public const PATIENCE = 15.0;
    /** In seconds, for one try: a batch may wait five to leave and is tried for five, and its receipts take one. */
    public const TIMEOUT = 12.0;
    /** Half of the two minutes for which a publisher knows an id again at the least; later it would arrive twice. */
    private const PATIENCE_MAX = 60.0;
    /** What passes by itself. 502 and 504 are a balancer's word for a publisher that is away. */
    private const PASSING = [429, 502, 503, 504];

    private string $url;
    private string $key;
    private float $patience;
    private float $timeout;
    private Transport $transport;
    private Backoff $backoff;

    /**
     * @param string $url where the publisher is, such as `http://127.0.0.1:8090`
     * @param string $key `<keyId>.<secret>`
     * @param float $patience [s] for a call with all its tries, at most 60; 0 tries once
     * @param float $timeout [s] for one try
     * @param Transport|null $transport null for curl where it is loaded, else PHP's streams
     */
    public function __construct(
        string $url,
        // On a line of its own an attribute is a comment to PHP 7.4. It keeps the key out of stack traces.
        #[\SensitiveParameter]
        string $key,
        float $patience = self::PATIENCE,
        float $timeout = self::TIMEOUT,
        ?Transport $transport = null
    ) {
        self::check(preg_match('{^https?://[^\s?#@/]+(/[^\s?#]*)?$}D', $url), 'url must be http(s)://host:port');
        self::check(preg_match('{^[!-~]+\.[!-~]+$}D', $key), 'key must be <keyId>.<secret>');
        self::check($patience >= 0 && $patience <= self::PATIENCE_MAX, 'patience must be 0 to 60 seconds');
        self::check($timeout > 0, 'timeout must be more than 0 seconds');
        $this->url = rtrim($url, '/');
        $this->key = $key;
        $this->patience = $patience;
        $this->timeout = $timeout;
        $this->transport = $transport ?? (extension_loaded('curl') ? new CurlTransport() : new StreamTransport());
        $this->backoff = new Backoff(static fn (): float => random_int(0, 1 << 30) / (1 << 30));
    }

    /**
     * @return array `id`, `position`, `duplicate`, `routed`; for several users `id` and `results`, with a problem in
     *     the place of each user for whom it failed
     * @throws FanfareException
     */
    public function publish(Publication $publication): array
    {
        return $this->call('POST', '/v1/publish', $publication);
    }

    /**
     * @param Publication[] $publications at most 1,000
     * @return array[] in the same order, each what {@see publish} returns, or a problem with `status`
     * @throws FanfareException
     */
    public function batch(array $publications): array
    {
        $only = static fn (Publication $publication): Publication => $publication;
        return $this->part('results', '/v1/batch', ['publications' => array_map($only, array_values($publications))]);
    }

    /**
     * What became of a publication that was sent with a receipt.
     *
     * @return array `id`, `channels` with a `state`, `gateways` and `connections` each, and `omitted`
     * @throws FanfareException a Problem with status 404 where there is no receipt, or no longer
     */
    public function message(string $id): array
    {
        return $this->call('GET', '/v1/messages/' . self::segment($id), null);
    }

    /**
     * Of the users `.` and `..`, which have no address, only {@see online} tells something.
     *
     * @param int|string $user
     * @return array `user`, `online`, `connections`, `nodes`, `since`, `lastSeen`
     * @throws FanfareException
     */
    public function presence($user): array
    {
        return $this->call('GET', '/v1/users/' . self::segment(UserId::text($user)) . '/presence', null);
    }

    /**
     * Who of them is online.
     *
     * @param array<int|string> $users at most 1,000
     * @return array<int|string, bool> by user
     * @throws FanfareException
     */
    public function online(array $users): array
    {
        return $this->part('online', '/v1/presence', ['users' => UserId::texts($users)]);
    }

    /**
     * Ends the user's connections, or one session's; the pages do not come back by themselves. A try whose answer was
     * lost is made again, and then who has come back in between is disconnected again.
     *
     * @param int|string $user
     * @param int|null $code 4100 to 4199, null for 4103
     * @param string|null $reason at most 120 characters
     * @param string[] $except ids of connections that stay
     * @throws FanfareException
     */
    public function disconnect(
        $user,
        ?int $code = null,
        ?string $reason = null,
        ?string $session = null,
        array $except = []
    ): void {
        $order = ['user' => UserId::text($user), 'code' => $code, 'reason' => $reason, 'session' => $session];
        $order['except'] = $except === [] ? null : array_values($except);
        $this->call('POST', '/v1/disconnect', array_filter($order, static fn ($field): bool => $field !== null));
    }

    /** Of a path; one of dots would be taken out of it on the way, and the answer be that of another call. */
    private static function segment(string $id): string
    {
        self::check($id !== '.' && $id !== '..', 'an id "' . $id . '" has no address');
        return rawurlencode($id);
    }

    private function part(string $name, string $path, array $body): array
    {
        $answer = $this->call('POST', $path, $body);
        if (!is_array($answer[$name] ?? null)) {
            throw $this->stranger();
        }
        return $answer[$name];
    }

    /** @param array|Publication|null $body */
    private function call(string $method, string $path, $body): array
    {
        $json = $body === null ? null : Json::encode($body);
        $headers = ['Authorization: Bearer ' . $this->key, 'Accept: application/json, application/problem+json'];
        if ($json !== null) {
            $headers[] = 'Content-Type: application/json';
        }
        $response = $this->answered($method, $this->url . $path, $headers, $json);
        $answer = Json::object($response->body());
        if ($answer === null) {
            throw $this->stranger();
        }
        return $answer;
    }

    /** The 2xx that ends a call, after as many tries as there is patience for. */
    private function answered(string $method, string $url, array $headers, ?string $json): Response
    {
        $begun = hrtime(true);
        $retry = 0;
        while (true) {
            $left = $this->patience - (hrtime(true) - $begun) / 1e9;
            try {
                // The first try has its time even without patience, and no try has none, which would mean no limit.
                $time = $retry === 0 ? $this->timeout : max(0.01, min($this->timeout, $left));
                $response = $this->transport->send($method, $url, $headers, $json, $time);
                if ($response->status() >= 200 && $response->status() < 300) {
                    return $response;
                }
                $failure = Problem::of($response);
                if (!in_array($response->status(), self::PASSING, true)) {
                    throw $failure;
                }
                $asked = $response->retryAfter();
            } catch (Unreachable $failure) {
                $asked = 0.0;
            }
            $wait = $this->backoff->before($retry, $asked);
            if ((hrtime(true) - $begun) / 1e9 + $wait >= $this->patience) {
                throw $failure;
            }
            usleep((int) ($wait * 1e6));
            $retry++;
        }
    }

    private function stranger(): Unreachable
    {
        return new Unreachable('what answers at ' . $this->url . ' is no Fanfare publisher');
    }

    /** @param bool|int $holds */
    private static function check($holds, string $rule): void
    {
        if (!$holds) {
            throw new \InvalidArgumentException($rule);
        }
    }
}
