<?php

// A stand-in for Yii 1.1, which no package registry within reach of this build has: as much of it as a component meets.

/** Properties that are not public go through setters, whose names are not case-sensitive; others are refused. */
class CComponent
{
    public function __set($name, $value)
    {
        if (!method_exists($this, 'set' . $name)) {
            throw new Exception('Property "' . get_class($this) . '.' . $name . '" is not defined.');
        }
        return $this->{'set' . $name}($value);
    }
}

abstract class CApplicationComponent extends CComponent
{
    private $initialized = false;

    public function init()
    {
        $this->initialized = true;
    }

    public function getIsInitialized()
    {
        return $this->initialized;
    }
}

/** An application: components come into being when they are first asked for. */
class Yii
{
    private static $app;
    private static $aliases = [];
    private $config;
    private $components = [];

    public static function createWebApplication(array $config)
    {
        spl_autoload_register([self::class, 'autoload']);
        self::$aliases = $config['aliases'];
        self::$app = new self();
        self::$app->config = $config['components'];
        return self::$app;
    }

    public static function app()
    {
        return self::$app;
    }

    /** A class in a namespace is looked for under the alias that the namespace begins with, as Yii does. */
    public static function autoload($class)
    {
        [$root, $rest] = explode('\\', ltrim($class, '\\'), 2) + [1 => ''];
        if (!isset(self::$aliases[$root])) {
            return false;
        }
        include self::$aliases[$root] . '/' . str_replace('\\', '/', $rest) . '.php';
        return true;
    }

    public function __get($id)
    {
        if (!isset($this->components[$id])) {
            $config = $this->config[$id];
            $class = $config['class'];
            unset($config['class']);
            $component = new $class();
            foreach ($config as $name => $value) {
                $component->$name = $value;
            }
            $component->init();
            $this->components[$id] = $component;
        }
        return $this->components[$id];
    }
}
