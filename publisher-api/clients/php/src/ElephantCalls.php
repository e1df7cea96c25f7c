<?php

declare(strict_types=1);

namespace Fanfare;

/**
 * The calls of a component around elephant.io, for code that has them all over the place: `setNameSpace` and `sendMsg`.
 * Whom a message is for was decided by the Socket.IO server there; here the component says it.
 */
trait ElephantCalls
{
    /** @var string where the publisher is */
    public $url = 'http://127.0.0.1:8090';

    /** @var string `<keyId>.<secret>` */
    public $key = '';

    /**
     * @var array|\Closure whom `sendMsg` addresses: `['broadcast' => true]`, `['user' => 42]`, `['users' => [1, 2]]` or
     *     `['topic' => 'x']`; or a function of the event and the message that returns one of them
     */
    public $to = ['broadcast' => true];

    /** @var float how long a call with all its tries may take [s], at most 60 */
    public $patience = Publisher::PATIENCE;

    /** @var float how long one try may take [s] */
    public $timeout = Publisher::TIMEOUT;

    private string $namespace = '/';
    private ?Publisher $publisher = null;

    /** From now on messages of this component are in this namespace. */
    public function setNameSpace(string $ns): self
    {
        $this->namespace = $ns;
        return $this;
    }

    /**
     * A component that addresses this user and is this one in everything else. This one stays as it is, so that no
     * later message goes to somebody by mistake.
     *
     * @param int|string $id
     */
    public function toUser($id): self
    {
        return $this->addressing(['user' => UserId::text($id)]);
    }

    /**
     * The same for several users.
     *
     * @param array<int|string> $ids
     */
    public function toUsers(array $ids): self
    {
        return $this->addressing(['users' => UserId::texts($ids)]);
    }

    /** The same for a topic. */
    public function toTopic(string $topic): self
    {
        return $this->addressing(['topic' => $topic]);
    }

    /** The same for everybody online. */
    public function toAll(): self
    {
        return $this->addressing(['broadcast' => true]);
    }

    /**
     * @param mixed $msg
     * @return array what {@see Publisher::publish} returns
     * @throws FanfareException
     */
    public function sendMsg(string $event, $msg): array
    {
        $to = $this->to instanceof \Closure ? ($this->to)($event, $msg) : $this->to;
        return $this->publisher()->publish(Publication::to($to, $this->namespace, $event, $msg));
    }

    /** For all that has no call of its own here: presence, batches, a disconnect. */
    public function publisher(): Publisher
    {
        if ($this->publisher === null) {
            $this->publisher = new Publisher($this->url, $this->key, (float) $this->patience, (float) $this->timeout);
        }
        return $this->publisher;
    }

    private function addressing(array $to): self
    {
        // Made before there are two, so that they share its connection.
        $this->publisher();
        $other = clone $this;
        $other->to = $to;
        return $other;
    }
}
