<?php

declare(strict_types=1);

// calls.php SCENARIO URL [curl|streams [PATIENCE [TIMEOUT]]]: plays a scenario against a publisher and says, in a line
// of JSON each, what it was answered.

require __DIR__ . '/start.php';
require __DIR__ . '/NotingTransport.php';

use Fanfare\CurlTransport;
use Fanfare\Problem;
use Fanfare\Publication;
use Fanfare\Publisher;
use Fanfare\StreamTransport;
use Fanfare\Unreachable;

[, $scenario, $url] = $argv;
$transports = ['curl' => CurlTransport::class, 'streams' => StreamTransport::class];
$transport = isset($argv[3]) ? new NotingTransport(new $transports[$argv[3]]()) : null;
$fanfare = new Publisher($url, 'dev.secret', (float) ($argv[4] ?? 30), (float) ($argv[5] ?? 10), $transport);

$scenarios = [
    'everyCall' => static function () use ($fanfare): void {
        $data = [
            'whole' => 1.0,
            'tenth' => 0.1,
            'large' => PHP_INT_MAX,
            'path' => 'a/b',
            'text' => "Zoë \"1\" \u{1F42B}",
            'digits' => '007',
            'list' => [1, 2],
            'none' => new stdClass(),
        ];
        $order = Publication::toUser(42, '/shop', 'order', $data);
        say($fanfare->publish($order));
        say($fanfare->publish($order));
        $mine = Publication::toUsers(['x' => 1, 'y' => 'two'], '/', 'e', null)->withId('mine')->withTtl(60);
        say($fanfare->publish($mine));
        say($fanfare->publish(Publication::toTopic('news', '/', 'headline', 'Hello')));
        say($fanfare->publish(Publication::broadcast('/', 'sale', ['percent' => 20])->replicated()));
        say($fanfare->presence('a/b+%'));
        say($fanfare->online([42, 'two']));
        $fanfare->disconnect(42, 4102, 'Off you go', 'a session', ['stays']);
        $fanfare->disconnect('43');
        say($fanfare->publish(Publication::toUser(44, '/', 'e', 1)->withId('a /%')->withReceipt()));
        say($fanfare->message('a /%'));
    },
    'refusals' => static function () use ($fanfare, $url, $transport): void {
        $calls = [
            static fn () => $fanfare->publish(Publication::toUsers([1, 'a b'], '/', 'e', 1)),
            static fn () => $fanfare->publish(Publication::toUser(1, '/', 'e', str_repeat('x', 65536))),
            static fn () => (new Publisher($url, 'dev.wrong', 30, 10, $transport))->presence(1),
            static fn () => (new Publisher($url . '/elsewhere', 'dev.secret', 30, 10, $transport))->online([1]),
        ];
        foreach ($calls as $call) {
            $problem = failure($call);
            assert($problem instanceof Problem);
            say([$problem->status(), $problem->type(), $problem->field(), $problem->title(), $problem->detail()]);
        }
    },
    'publish' => static function () use ($fanfare): void {
        say($fanfare->publish(Publication::toUser(42, '/', 'e', 1)));
    },
    'publishTwice' => static function () use ($fanfare): void {
        say($fanfare->publish(Publication::toUser(42, '/', 'e', 1)));
        say($fanfare->publish(Publication::toUser(42, '/', 'e', 2)));
    },
    'batch' => static function () use ($fanfare): void {
        say($fanfare->batch([
            'first' => Publication::toUser(42, '/', 'e', 1.0),
            'second' => Publication::broadcast('/', 'e', 'a/b'),
            'refused' => Publication::toUser('a b', '/', 'e', 1),
        ]));
    },
    'fail' => static function () use ($fanfare): void {
        $failure = failure(static fn () => $fanfare->publish(Publication::toUser(42, '/', 'e', 1)));
        say([get_class($failure), $failure->getMessage()]);
    },
];
$scenarios[$scenario]();
