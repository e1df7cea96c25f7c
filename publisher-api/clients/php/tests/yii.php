<?php

declare(strict_types=1);

// yii.php 1|2 URL: uses the component as a site's code does, and says what it was answered.

[, $generation, $url] = $argv;
require __DIR__ . ($generation === '1' ? '/yii1-host.php' : '/yii2-host.php');
if ($generation === '1') {
    // No Composer, as in many a site of that age: Yii finds the classes by itself.
    Yii::createWebApplication([
        'aliases' => ['Fanfare' => realpath(__DIR__ . '/../src')],
        'components' => config($url, 'Fanfare\Yii1\FanfareComponent'),
    ]);
    $app = Yii::app();
} else {
    require __DIR__ . '/start.php';
    Yii::createWebApplication(['components' => config($url, 'Fanfare\Yii2\FanfareComponent')]);
    $app = Yii::$app;
}

function config(string $url, string $class): array
{
    $settings = ['class' => $class, 'url' => $url, 'key' => 'dev.secret', 'patience' => 30];
    return [
        'elephant' => $settings,
        'private' => $settings + ['nameSpace' => '/private', 'to' => ['user' => 7]],
        'routed' => $settings + ['to' => static fn (string $event, $msg): array => ['user' => $msg['user']]],
        'wrong' => ['key' => ''] + $settings,
        'mistyped' => $settings + ['nodes' => 3],
    ];
}

// The calls of old, in one statement and in two; who is not named is everybody.
$app->elephant->setNameSpace('/shop')->sendMsg('sale', ['percent' => 20.0]);
$app->elephant->sendMsg('sale', ['percent' => 30]);

// A user is addressed once, and the next message is for everybody again.
$answer = $app->elephant->toUser(42)->sendMsg('order', ['path' => 'a/b']);
$app->elephant->toUser(42)->setNameSpace('/other')->sendMsg('order', 2);
$app->elephant->sendMsg('sale', 'the last');
$app->elephant->toUsers([42, 43])->sendMsg('both', 3);
$app->elephant->toTopic('news')->sendMsg('headline', 4);
$app->elephant->toUser(42)->toAll()->sendMsg('sale', 'for all');

$app->private->sendMsg('hello', 5);
$app->routed->sendMsg('hello', ['user' => 8]);

$refusals = [];
foreach (['wrong', 'mistyped'] as $id) {
    try {
        $app->$id->sendMsg('e', 1);
    } catch (Exception $e) {
        $refusals[] = $e->getMessage();
    }
}
$online = $app->elephant->publisher()->online([42]);
echo json_encode(['answer' => $answer, 'online' => $online, 'refusals' => $refusals]), "\n";
