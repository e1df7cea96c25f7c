<?php

declare(strict_types=1);

namespace Fanfare;

/**
 * What the publisher answered in place of success, as it said in `application/problem+json`. With a status of 500 or
 * more a publication may have been stored all the same; below, it was not, save by an earlier try without an answer.
 */
final class Problem extends FanfareException
{
    private int $status;
    private string $type;
    private string $title;
    private string $detail;
    private ?string $field;
    private ?string $requestId;

    private function __construct(
        int $status,
        string $type,
        string $title,
        string $detail,
        ?string $field,
        ?string $requestId
    ) {
        $this->status = $status;
        $this->type = $type;
        $this->title = $title;
        $this->detail = $detail;
        $this->field = $field;
        $this->requestId = $requestId;
        $message = $status . ' ' . $title . ': ' . ($field === null ? '' : $field . ' ') . $detail;
        parent::__construct($message . ($requestId === null ? '' : ' (request ' . $requestId . ')'), $status);
    }

    public static function of(Response $response): self
    {
        // Something between here and the publisher may have answered, with a page of its own.
        $said = Json::object($response->body()) ?? [];
        $text = static fn (string $name, string $else): string =>
            is_string($said[$name] ?? null) ? $said[$name] : $else;
        return new self(
            $response->status(),
            $text('type', 'about:blank'),
            $text('title', 'HTTP status ' . $response->status()),
            $text('detail', 'the answer was not a problem of a publisher'),
            is_string($said['field'] ?? null) ? $said['field'] : null,
            $response->header('X-Request-Id')
        );
    }

    public function status(): int
    {
        return $this->status;
    }

    /** Such as `urn:fanfare:problem:invalid`; `about:blank` if it was no publisher that answered. */
    public function type(): string
    {
        return $this->type;
    }

    public function title(): string
    {
        return $this->title;
    }

    public function detail(): string
    {
        return $this->detail;
    }

    /** The field that cannot be accepted, such as `to.users[3]`; null if it is not about one. */
    public function field(): ?string
    {
        return $this->field;
    }

    /** By which the publisher's log names the request; null if the answer had none. */
    public function requestId(): ?string
    {
        return $this->requestId;
    }
}
