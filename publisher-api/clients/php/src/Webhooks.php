<?php

declare(strict_types=1);

namespace Fanfare;

/**
 * Tells what Fanfare has sent to the site from what anybody else did: Standard Webhooks 1.0.0 with a shared secret.
 */
final class Webhooks
{
    /** In seconds: a request that is older may be somebody's recording, and clocks differ by less. */
    public const TOLERANCE = 300;
    private const PREFIX = 'whsec_';

    /** @var string[] */
    private array $keys;
    private int $tolerance;
    /** @var callable(): int */
    private $clock;

    /**
     * @param string|string[] $secrets secrets of FANFARE_WEBHOOK_SECRET_FILE, without its comments; while they
     *     rotate, any of several will do
     * @param int $tolerance [s] by which a request's time may differ from the clock
     * @param callable(): int|null $clock Unix time [s], null for the system's
     */
    public function __construct(
        #[\SensitiveParameter]
        $secrets,
        int $tolerance = self::TOLERANCE,
        ?callable $clock = null
    ) {
        $this->keys = array_map([self::class, 'key'], array_values((array) $secrets));
        if ($this->keys === []) {
            throw new \InvalidArgumentException('there must be a secret');
        }
        $this->tolerance = $tolerance;
        $this->clock = $clock ?? 'time';
    }

    /**
     * The events of a request, oldest first. A site may get one of them more than once; of one user's, the later one has
     * the greater id, as strings are compared.
     *
     * @param string $body as it came: `file_get_contents('php://input')`
     * @param array $headers by name, in any case, such as `getallheaders()`; or `$_SERVER`
     * @return array[] each with `id`, `type` (`user.online` or `user.offline`), `user`, `time` [ms]
     * @throws Unverified
     */
    public function verify(string $body, array $headers): array
    {
        $id = self::header($headers, 'webhook-id');
        $time = self::header($headers, 'webhook-timestamp');
        $signatures = explode(' ', self::header($headers, 'webhook-signature'));
        if (preg_match('{^\d{1,12}$}D', $time) !== 1 || abs(($this->clock)() - (int) $time) > $this->tolerance) {
            throw new Unverified('its time is not now');
        }
        if (!$this->isSigned($id . '.' . $time . '.' . $body, $signatures)) {
            throw new Unverified('its signature is not by a secret of ours');
        }
        $events = Json::object($body)['events'] ?? null;
        if (!is_array($events)) {
            throw new Unverified('it has no events');
        }
        return $events;
    }

    /** @param string[] $signatures */
    private function isSigned(string $content, array $signatures): bool
    {
        foreach ($this->keys as $key) {
            $ours = 'v1,' . base64_encode(hash_hmac('sha256', $content, $key, true));
            foreach ($signatures as $signature) {
                if (hash_equals($ours, $signature)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static function header(array $headers, string $wanted): string
    {
        foreach ($headers as $name => $value) {
            $plain = str_replace('_', '-', strtolower((string) $name));
            if ($plain === $wanted || $plain === 'http-' . $wanted) {
                // Several frameworks give a list for each name.
                $text = is_array($value) ? reset($value) : $value;
                return is_string($text) ? $text : '';
            }
        }
        throw new Unverified('it has no header ' . $wanted);
    }

    /** @param mixed $secret */
    private static function key(
        #[\SensitiveParameter]
        $secret
    ): string {
        $text = is_string($secret) ? trim($secret) : '';
        $key = strpos($text, self::PREFIX) === 0 ? base64_decode(substr($text, strlen(self::PREFIX)), true) : false;
        if ($key === false || strlen($key) < 24) {
            throw new \InvalidArgumentException('a secret is ' . self::PREFIX . ' and at least 24 bytes in base64');
        }
        return $key;
    }
}
