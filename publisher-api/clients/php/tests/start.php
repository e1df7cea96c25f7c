<?php

declare(strict_types=1);

// What every script here begins with: no warning is overlooked, and classes are found where composer.json says.

error_reporting(E_ALL);
set_error_handler(static function (int $level, string $message, string $file, int $line): bool {
    throw new ErrorException($message, 0, $level, $file, $line);
});

spl_autoload_register(static function (string $class): void {
    $composer = json_decode(file_get_contents(__DIR__ . '/../composer.json'), true);
    foreach ($composer['autoload']['psr-4'] as $prefix => $folder) {
        $file = __DIR__ . '/../' . $folder . str_replace('\\', '/', substr($class, strlen($prefix))) . '.php';
        if (strpos($class, $prefix) === 0 && is_file($file)) {
            require $file;
        }
    }
});

/** Tells the test that runs the script. */
function say($value): void
{
    echo Fanfare\Json::encode($value), "\n";
}

/** The failure of a call that must fail. */
function failure(callable $call): Throwable
{
    try {
        $call();
    } catch (Throwable $failure) {
        return $failure;
    }
    throw new LogicException('it should have failed');
}
