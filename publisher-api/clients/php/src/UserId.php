<?php

declare(strict_types=1);

namespace Fanfare;

/**
 * User ids as the publisher wants them: text. A site's are mostly integers; what is neither is a mistake that must not
 * become somebody's id, as true would become "1".
 */
final class UserId
{
    /** @param mixed $user */
    public static function text($user): string
    {
        if (!is_int($user) && !is_string($user)) {
            throw new \InvalidArgumentException('a user id is an int or a string, not ' . gettype($user));
        }
        return (string) $user;
    }

    /**
     * @param mixed $users
     * @return string[] a list, whatever its keys were
     */
    public static function texts($users): array
    {
        if (!is_array($users)) {
            throw new \InvalidArgumentException('users are an array, not ' . gettype($users));
        }
        return array_map([self::class, 'text'], array_values($users));
    }
}
