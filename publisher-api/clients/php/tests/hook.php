<?php

declare(strict_types=1);

// hook.php, served by `php -S`: a site's endpoint for webhooks. Says, in a line of JSON each, what came and what it is.

require __DIR__ . '/start.php';

use Fanfare\Unverified;
use Fanfare\Webhooks;

$webhooks = new Webhooks(getenv('FANFARE_WEBHOOK_SECRET'));
try {
    $said = ['events' => $webhooks->verify(file_get_contents('php://input'), getallheaders())];
    http_response_code(204);
} catch (Unverified $e) {
    $said = ['refused' => $e->getMessage()];
    http_response_code(401);
}
file_put_contents('php://stdout', Fanfare\Json::encode($said) . "\n");
