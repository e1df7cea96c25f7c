<?php

declare(strict_types=1);

namespace Fanfare;

/**
 * One event for one target. Its id is made with it: however often the same publication is sent within the publisher's
 * two minutes, it arrives once. Immutable.
 */
final class Publication implements \JsonSerializable
{
    /** What the publisher is sent. */
    private array $fields;

    private function __construct(array $fields)
    {
        $this->fields = $fields;
    }

    /**
     * @param int|string $user
     * @param mixed $data what json_encode takes; an empty JSON object is `new \stdClass()`
     */
    public static function toUser($user, string $namespace, string $event, $data): self
    {
        return self::to(['user' => $user], $namespace, $event, $data);
    }

    /** @param array<int|string> $users 1 to 1,000 */
    public static function toUsers(array $users, string $namespace, string $event, $data): self
    {
        return self::to(['users' => $users], $namespace, $event, $data);
    }

    public static function toTopic(string $topic, string $namespace, string $event, $data): self
    {
        return self::to(['topic' => $topic], $namespace, $event, $data);
    }

    /** To everybody online. */
    public static function broadcast(string $namespace, string $event, $data): self
    {
        return self::to(['broadcast' => true], $namespace, $event, $data);
    }

    /** @param array $to one of `['user' => 42]`, `['users' => [1, 2]]`, `['topic' => 'x']`, `['broadcast' => true]` */
    public static function to(array $to, string $namespace, string $event, $data): self
    {
        if (array_key_exists('user', $to)) {
            $to['user'] = UserId::text($to['user']);
        }
        if (array_key_exists('users', $to)) {
            $to['users'] = UserId::texts($to['users']);
        }
        return new self([
            'to' => $to,
            'namespace' => $namespace,
            'event' => $event,
            'data' => $data,
            'id' => bin2hex(random_bytes(16)),
        ]);
    }

    /** With an id of the caller's own, 1 to 128 printable ASCII characters: one that outlives a job's restart, say. */
    public function withId(string $id): self
    {
        return $this->with('id', $id);
    }

    /** Of no use after so many seconds. */
    public function withTtl(int $seconds): self
    {
        return $this->with('ttl', $seconds);
    }

    /** Asks a replica of Redis to confirm it too; the answer's `replicated` says whether one did. */
    public function replicated(): self
    {
        return $this->with('durability', 'replicated');
    }

    /** Has it noted down what becomes of it, for {@see Publisher::message}; the answer's `receipt` says whether it is. */
    public function withReceipt(): self
    {
        return $this->with('receipt', true);
    }

    public function id(): string
    {
        return $this->fields['id'];
    }

    public function jsonSerialize(): array
    {
        return $this->fields;
    }

    private function with(string $field, $value): self
    {
        return new self(array_merge($this->fields, [$field => $value]));
    }
}
