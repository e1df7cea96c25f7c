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
use Fanfare\Unverified;
use Fanfare\UserId;
use Fanfare\Webhooks;

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
$full = Publication::toUsers([1 => 3, 2 => 'x'], '/a', 'e', ['half' => 0.5])->withId('i')->withTtl(9)->replicated()
    ->withReceipt();
$same(
    '{"to":{"users":["3","x"]},"namespace":"/a","event":"e","data":{"half":0.5},"id":"i","ttl":9,'
        . '"durability":"replicated","receipt":true}',
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
$named = Problem::of(Response::of(['HTTP/1.1 400 Bad Request', 'x-request-id: r-1'], '{"title":"No","detail":"why"}'));
$same(['400 No: why (request r-1)', 'r-1'], [$named->getMessage(), $named->requestId()], 'the request\'s id');
$page = Problem::of(Response::of(['HTTP/1.1 403 Forbidden'], '<html>'));
$same([403, 'about:blank', null], [$page->status(), $page->type(), $page->requestId()], 'what is no problem of a publisher\'s');

$refused('url must be', static fn () => new Publisher('127.0.0.1:8090', 'a.b'));
$refused('url must be', static fn () => new Publisher('file:///etc/passwd', 'a.b'));
$refused('url must be', static fn () => new Publisher('http://user:password@host', 'a.b'));
$refused('key must be', static fn () => new Publisher('http://host', "a.b\r\nX-Header: c"));
$refused('key must be', static fn () => new Publisher('http://host', ''));
$refused('patience', static fn () => new Publisher('http://host', 'a.b', 61));
$refused('timeout', static fn () => new Publisher('http://host', 'a.b', 15, 0));
// A quarter of a second for the rate, five to leave, five to be tried, one for the receipt.
$same(true, Publisher::TIMEOUT > 11.25, 'a batch is answered before it is sent again');
$same(true, Publisher::TIMEOUT < Publisher::PATIENCE, 'there is time for another try');
foreach (['.', '..'] as $dots) {
    $nobody = new Publisher('http://127.0.0.1:9', 'a.b', 0);
    $refused('"' . $dots . '" has no address', static fn () => $nobody->presence($dots));
    $refused('"' . $dots . '" has no address', static fn () => $nobody->message($dots));
}

// The example that the libraries of Standard Webhooks are tested with; then events of our own.
$secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
$other = 'whsec_' . base64_encode(str_repeat('x', 32));
$at = static fn (int $time): callable => static fn (): int => $time;
$unverified = static function (string $why, callable $call) use ($same): void {
    $failure = failure($call);
    $same(Unverified::class, get_class($failure), $why);
    $same($why, $failure->getMessage(), 'why it is not verified');
};
$sample = [
    'webhook-id' => 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp' => '1614265330',
    'webhook-signature' => 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
];
$verifier = new Webhooks($secret, 300, $at(1614265330));
$unverified('it has no events', static fn () => $verifier->verify('{"test": 2432232314}', $sample));
$unverified(
    'its signature is not by a secret of ours',
    static fn () => $verifier->verify('{"test": 2432232315}', $sample)
);
$body = '{"events":[{"id":"1","type":"user.online","user":"42","time":1}]}';
$events = [['id' => '1', 'type' => 'user.online', 'user' => '42', 'time' => 1]];
$sign = static function (string $by, string $time) use ($body): string {
    return 'v1,' . base64_encode(hash_hmac('sha256', 'i.' . $time . '.' . $body, base64_decode(substr($by, 6)), true));
};
$head = static fn (string $signatures, string $time = '1000'): array => [
    'Webhook-Id' => 'i',
    'Webhook-Timestamp' => $time,
    'Webhook-Signature' => $signatures,
];
$genuine = $head($sign($secret, '1000'));
foreach ([700, 1000, 1300] as $now) {
    $same($events, (new Webhooks($secret, 300, $at($now)))->verify($body, $genuine), 'verified at ' . $now);
}
foreach ([699, 1301] as $now) {
    $late = new Webhooks($secret, 300, $at($now));
    $unverified('its time is not now', static fn () => $late->verify($body, $genuine));
}
$same($events, (new Webhooks($secret, 301, $at(1301)))->verify($body, $genuine), 'what is tolerated can be said');
$now = new Webhooks($secret, 300, $at(1000));
foreach (['', '1e3', '1000 ', '-1000', '01000x'] as $time) {
    $unverified('its time is not now', static fn () => $now->verify($body, $head($sign($secret, $time), $time)));
}
foreach (['', 'v1', 'v1,', 'v1a,x', $sign($other, '1000'), $sign($secret, '1001'), substr($sign($secret, '1000'), 3)] as $no) {
    $unverified('its signature is not by a secret of ours', static fn () => $now->verify($body, $head($no)));
}
$both = $head($sign($other, '1000') . ' v1a,other ' . $sign($secret, '1000'));
$same($events, $now->verify($body, $both), 'signed by several');
$several = new Webhooks([$other, $secret . "\n"], 300, $at(1000));
$same($events, $several->verify($body, $genuine), 'verified by any of several');
$server = [
    'HTTP_WEBHOOK_ID' => 'i',
    'HTTP_WEBHOOK_TIMESTAMP' => '1000',
    'HTTP_WEBHOOK_SIGNATURE' => $genuine['Webhook-Signature'],
    'REQUEST_TIME' => 1000,
];
$same($events, $now->verify($body, $server), 'headers as $_SERVER has them');
$lists = array_map(static fn (string $value): array => [$value], $genuine);
$same($events, $now->verify($body, $lists), 'headers as lists');
foreach (array_keys($genuine) as $name) {
    $without = array_diff_key($genuine, [$name => true]);
    $unverified('it has no header ' . strtolower($name), static fn () => $now->verify($body, $without));
}
foreach (['', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_', 'whsec_%%%', 'whsec_AAAA', null] as $no) {
    $refused('a secret is whsec_', static fn () => new Webhooks([$no]));
}
$refused('there must be a secret', static fn () => new Webhooks([]));
$same(true, $now->verify($body, $genuine) === $events && (new Webhooks($secret))->verify(
    $body,
    $head($sign($secret, (string) time()), (string) time())
) === $events, 'the clock is the system\'s');

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
