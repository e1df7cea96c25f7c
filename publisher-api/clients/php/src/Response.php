<?php

declare(strict_types=1);

namespace Fanfare;

/** An HTTP answer. */
final class Response
{
    private int $status;
    /** @var array<string, string> by the lower-case name */
    private array $headers;
    private string $body;

    private function __construct(int $status, array $headers, string $body)
    {
        $this->status = $status;
        $this->headers = $headers;
        $this->body = $body;
    }

    /** @param string[] $lines of the head; if there is more than one head, as after a 100, the last counts */
    public static function of(array $lines, string $body): self
    {
        $status = 0;
        $headers = [];
        foreach ($lines as $line) {
            if (preg_match('{^HTTP/[\d.]+ (\d{3})}', $line, $found) === 1) {
                $status = (int) $found[1];
                $headers = [];
            } elseif (strpos($line, ':') !== false) {
                [$name, $value] = explode(':', $line, 2);
                $headers[strtolower(trim($name))] = trim($value);
            }
        }
        return new self($status, $headers, $body);
    }

    public function status(): int
    {
        return $this->status;
    }

    public function body(): string
    {
        return $this->body;
    }

    public function header(string $name): ?string
    {
        return $this->headers[strtolower($name)] ?? null;
    }

    /** How long the server wants to be left alone [s], said as a number or a date; 0 if it does not say. */
    public function retryAfter(): float
    {
        $said = $this->header('Retry-After') ?? '';
        if (ctype_digit($said)) {
            return (float) $said;
        }
        $moment = strtotime($said);
        return $moment === false ? 0.0 : (float) max(0, $moment - time());
    }
}
