<?php

declare(strict_types=1);

namespace Fanfare;

/** JSON both ways, without loss. */
final class Json
{
    /** 1.0 stays 1.0, and a slash stays a slash: the browser is given the very text. */
    private const FLAGS =
        JSON_PRESERVE_ZERO_FRACTION | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR;

    /** @param mixed $value */
    public static function encode($value): string
    {
        // Many an old php.ini has 14 or 17 here: the one cuts digits off, the other makes 0.1 0.10000000000000001.
        $precision = ini_set('serialize_precision', '-1');
        try {
            return json_encode($value, self::FLAGS);
        } catch (\JsonException $e) {
            throw new \InvalidArgumentException('this has no form in JSON: ' . $e->getMessage(), 0, $e);
        } finally {
            if ($precision !== false) {
                ini_set('serialize_precision', $precision);
            }
        }
    }

    /** The object that the text is, as an array; null if it is none. */
    public static function object(string $text): ?array
    {
        $value = json_decode($text, true, 512, JSON_BIGINT_AS_STRING);
        return is_array($value) ? $value : null;
    }
}
