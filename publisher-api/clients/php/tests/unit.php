<?php

declare(strict_types=1);

// What needs no publisher; says how many checks held.

require __DIR__ . '/start.php';
require __DIR__ . '/since8.php';

use Fanfare\Backoff;
use Fanfare\Json;
use Fanfare\Problem;
use Fanfare\Publication;
use Fanfare\Publisher;
use Fanfare\Response;
use Fanfare\UserId;

$held = 0;
$same = static function ($expected, $actual, string $what) use (&$held): void {
    if ($expected !== $actual) {
        throw new LogicException($what . ': ' . var_export($actual, true) . ' is not ' . var_export($expected, true));
    }
    $held++;
};
$refused = static function (string $detail, callable $call) use ($same): void {
    $failure = failure($call);
    $same(InvalidArgumentException::class, get_class($failure), $detail);
    $same(true, strpos($failure->getMessage(), $detail) !== false, $failure->getMessage() . ' says ' . $detail);
};

$none = new Backoff(static fn (): float => 0.0);
$all = new Backoff(static fn (): float => 1.0);
$same([0.05, 0.1], [$none->before(0, 0.0), $all->before(0, 0.0)], 'the first wait');
$same([0.1, 0.2], [$none->before(1, 0.0), $all->before(1, 0.0)], 'the second is twice as long');
$same([1.0, 2.0], [$none->before(5, 0.0), $all->before(500, 0.0)], 'there is an end to that');
$same([7.0, 7.05], [$none->before(0, 7.0), $all->before(0, 7.0)], 'what the server asks for is the least');

$one = Publication::toUser(7, '/a', 'e', 1);
$two = Publication::toUser(7, '/a', 'e', 1);
$same(1, preg_match('/^[0-9a-f]{32}$/', $one->id()), 'an id is made up');
$same(false, $one->id() === $two->id(), 'each has its own');
$same($one->id(), $one->withTtl(5)->replicated()->id(), 'and keeps it');
$same('mine', $one->withId('mine')->id(), 'unless it is given another');
$full = Publication::toUsers([1 => 3, 2 => 'x'], '/a', 'e', ['half' => 0.5])->withId('i')->withTtl(9)->replicated();
$same(
    '{"to":{"users":["3","x"]},"namespace":"/a","event":"e","data":{"half":0.5},"id":"i","ttl":9,'
        . '"durability":"replicated"}',
    Json::encode($full),
    'what the publisher is sent'
);
$refused('a user id is an int or a string, not boolean', static fn () => Publication::toUser(true, '/', 'e', 1));
$refused('not NULL', static fn () => Publication::to(['user' => null], '/', 'e', 1));
$refused('not double', static fn () => UserId::texts([1, 2.5]));
$refused('no form in JSON', static fn () => Json::encode("\xff"));
$refused('no form in JSON', static fn () => Json::encode(INF));

$response = Response::of(
    ["HTTP/1.1 100 Continue\r\n", "\r\n", "HTTP/1.1 503 Service Unavailable\r\n", "retry-AFTER: 3 \r\n", "\r\n"],
    '{"type":"urn:fanfare:problem:unavailable","title":"Unavailable","detail":"try later"}'
);
$same([503, 3.0], [$response->status(), $response->retryAfter()], 'the last head counts');
$date = gmdate('D, d M Y H:i:s \G\M\T', time() + 3600);
$later = Response::of(['HTTP/1.1 429 Slow', 'Retry-After: ' . $date], '')->retryAfter();
$same(true, $later > 3590 && $later <= 3600, 'Retry-After as a date');
$same(0.0, Response::of(['HTTP/1.1 429 Slow', 'Retry-After: soon'], '')->retryAfter(), 'Retry-After as nonsense');
$problem = Problem::of($response);
$same('503 Unavailable: try later', $problem->getMessage(), 'a problem\'s message');
$same([503, null], [$problem->getCode(), $problem->field()], 'a problem\'s rest');
$page = Problem::of(Response::of(['HTTP/1.1 403 Forbidden'], '<html>'));
$same([403, 'about:blank'], [$page->status(), $page->type()], 'what is no problem of a publisher\'s');

$refused('url must be', static fn () => new Publisher('127.0.0.1:8090', 'a.b'));
$refused('url must be', static fn () => new Publisher('file:///etc/passwd', 'a.b'));
$refused('url must be', static fn () => new Publisher('http://user:password@host', 'a.b'));
$refused('key must be', static fn () => new Publisher('http://host', "a.b\r\nX-Header: c"));
$refused('key must be', static fn () => new Publisher('http://host', ''));
$refused('patience', static fn () => new Publisher('http://host', 'a.b', 61));
$refused('timeout', static fn () => new Publisher('http://host', 'a.b', 15, 0));

$sources = array_merge(glob(__DIR__ . '/../src/*.php'), glob(__DIR__ . '/../src/*/*.php'));
$same(true, count($sources) > 10, 'the sources are there');
// An older PHP does not know these tokens, and says itself what it does not understand.
foreach (PHP_VERSION_ID < 80100 ? [] : since8() as $what => [$pattern, $example]) {
    $same(1, preg_match($pattern, tokens('<?php ' . $example)), $what . ' would be found');
    foreach ($sources as $source) {
        $same(0, preg_match($pattern, tokens(file_get_contents($source))), $what . ' in ' . $source);
    }
}

say(['held' => $held]);
